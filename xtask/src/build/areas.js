// Loads the areas of the program: WebAssembly files that link to the main one. This is the head of the program's JavaScript, in which
// `wasm` holds the exports of the main file.

// Files of each area, in the order in which they are loaded.
const areas = AREAS;
const compiled = new Map();
const linked = new Map();

// Makes a promise once by name; after a failure it can be made again.
function once(all, name, make) {
  if (!all.has(name)) {
    const made = make();
    all.set(name, made);
    made.catch(() => all.delete(name));
  }
  return all.get(name);
}

const compile = (file) =>
  once(compiled, file, async () => {
    const answer = await fetch(new URL(file, import.meta.url));
    // Another release is served; `app/src/areas/start.rs` reads this.
    if (answer.status === 404) document.documentElement.setAttribute('data-missing', file);
    return WebAssembly.compileStreaming(answer);
  });

const link = (file) => once(linked, file, async () => WebAssembly.instantiate(await compile(file), { __wasm_split: wasm }));

// Fetches and compiles areas. Failures are reported when an area is loaded.
export function prefetch(names) {
  for (const name of names) areas[name].forEach(compile);
}

export function prefetchWhenIdle() {
  const all = () => prefetch(Object.keys(areas));
  // Also on a page that is never idle.
  if (globalThis.requestIdleCallback) requestIdleCallback(all, { timeout: 5_000 });
  else setTimeout(all);
}

// What the main file imports: a function for each area, which calls the function `done` of the main file when the area is loaded.
const loaders = Object.fromEntries(
  Object.entries(areas).map(([name, files]) => [
    `__wasm_split_load_${name}`,
    async (done, data) => {
      let loaded = true;
      try {
        prefetch([name]);
        for (const file of files) await link(file);
      } catch (error) {
        console.error(error);
        loaded = false;
      }
      wasm.__indirect_function_table.get(done)(data, loaded);
    },
  ]),
);
