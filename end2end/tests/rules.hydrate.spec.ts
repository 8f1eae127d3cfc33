// The rule engine in the browser gives the answers that it gives natively, which `server/tests/rules.rs` compares with the databases'.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures.ts';

const RULES = Number(process.env.LINNET_TEST_RULES ?? 500);
const LEADS = Number(process.env.LINNET_TEST_RULE_LEADS ?? 200);
const PAGE = 'http://rules.example/';

// A trace would store the cases.
test.use({ trace: 'off' });

test('random rules have the same answers and explanations as natively', async ({ page }) => {
  test.setTimeout(120_000 + (RULES * LEADS) / 10);
  const [program, folder] = [process.env.LINNET_RULE_CASES, process.env.LINNET_RULES_WASM];
  if (!program || !folder) throw new Error('run these tests by `cargo xtask test --only browser`');
  const printed = execFileSync(program, [`${RULES}`, `${LEADS}`], { encoding: 'utf8', maxBuffer: 2 ** 30 });
  const [cases = '', ...expected] = printed.trimEnd().split('\n');
  // Rules that tell no leads apart would agree in most wrong engines.
  expect(expected).toHaveLength(RULES);
  const tell = expected.filter((line) => 0 < Number.parseInt(line) && Number.parseInt(line) < LEADS);
  expect(tell.length).toBeGreaterThan(RULES / 10);

  const files: Record<string, [type: string, body: string | Buffer]> = {
    '/': ['text/html', '<!doctype html><title>Rules</title><link rel="icon" href="data:,">'],
    '/cases.json': ['application/json', cases],
    '/rules.js': ['text/javascript', readFileSync(join(folder, 'rules.js'))],
    '/rules_bg.wasm': ['application/wasm', readFileSync(join(folder, 'rules_bg.wasm'))],
  };
  await page.route(`${PAGE}**`, async (route) => {
    const file = files[new URL(route.request().url()).pathname];
    await (file ? route.fulfill({ contentType: file[0], body: file[1] }) : route.fulfill({ status: 404 }));
  });
  await page.goto(PAGE);
  // As a text, because the import is the page's own.
  const answers = await page.evaluate<string>(`(async () => {
    const engine = await import('${PAGE}rules.js');
    await engine.default({ module_or_path: '/rules_bg.wasm' });
    return engine.answers(await (await fetch('/cases.json')).text());
  })()`);
  // Only the rules that differ, because the whole is too long to read.
  const rules = (JSON.parse(cases) as { rules: unknown[] }).rules;
  const differing = answers.trimEnd().split('\n').flatMap((line, at) => (line === expected[at] ? [] : [{ rule: rules[at], line, expected: expected[at] }]));
  expect(differing).toEqual([]);
  expect(answers.trimEnd().split('\n')).toHaveLength(RULES);
});
