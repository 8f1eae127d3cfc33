//! Removes code that is never called but that the compiler must keep: every erased view holds pointers to the functions that hydrate it
//! while its code is loaded. Here the code of a page is loaded first, so that this kind of hydration never begins.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use rustc_demangle::demangle;
use wasmparser::{FunctionBody, KnownCustom, Name, Operator, Parser, Payload, RelocSectionReader, TypeRef};

/// Names in `tachys` and `reactive_graph`. Only `leptos::mount::hydrate_lazy` and `hydrate_islands` would call them.
const NEVER_CALLED: [&str; 3] = ["::hydrate_async", "::new_with_async_value", "::new_with_async_value_erased"];

const UNREACHABLE: u8 = 0x00;
const END: u8 = 0x0b;

/// The linked program with traps as the bodies of these functions, which report it if they are called after all, and the number of
/// these. Done before the program is split, when all calls are still seen. Each body keeps its length, so that the relocations of others
/// hold; its own are removed, and with them the only uses of what the functions called.
pub fn snip(linked: &[u8]) -> Result<(Vec<u8>, usize)> {
    let functions = Functions::of(linked)?;
    let never = functions.never_called()?;
    let mut snipped = linked.get(..8).context("no WebAssembly")?.to_vec();
    let mut gone = Vec::new();
    for payload in Parser::new(0).parse_all(linked) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        let mut content = linked[range.start as usize..range.end as usize].to_vec();
        match &payload {
            Payload::CodeSectionStart { .. } => {
                let at = |place: u64| (place - range.start) as usize;
                for body in functions.bodies.iter().filter(|(index, _)| never.contains(index)).map(|(_, body)| body) {
                    let (start, end) = (at(body.get_operators_reader()?.original_position()), at(body.range().end));
                    content[start..end].fill(UNREACHABLE);
                    content[end - 1] = END;
                    gone.push(at(body.range().start)..end);
                }
            }
            Payload::CustomSection(section) if section.name() == "reloc.CODE" => {
                content = string("reloc.CODE");
                let KnownCustom::Reloc(relocations) = section.as_known() else { continue };
                // Both are in the order of the code.
                content.extend(kept(linked, &relocations, |offset| {
                    let next = gone.partition_point(|body| body.end <= offset);
                    gone.get(next).is_none_or(|body| offset < body.start)
                })?);
            }
            _ => {}
        }
        snipped.push(id);
        snipped.extend(leb128(content.len()));
        snipped.extend(content);
    }
    Ok((snipped, never.len()))
}

/// The relocations at these offsets in the code.
fn kept(linked: &[u8], relocations: &RelocSectionReader, keep: impl Fn(usize) -> bool) -> Result<Vec<u8>> {
    let (mut count, mut entries) = (0, Vec::new());
    let mut all = relocations.entries().into_iter_with_offsets().peekable();
    while let Some(entry) = all.next() {
        let (start, relocation) = entry?;
        let end = match all.peek() {
            Some(Ok((next, _))) => *next,
            _ => relocations.range().end,
        };
        if keep(relocation.offset as usize) {
            count += 1;
            entries.extend_from_slice(&linked[start as usize..end as usize]);
        }
    }
    Ok([leb128(relocations.section_index() as usize), leb128(count), entries].concat())
}

/// The functions of a program.
struct Functions<'a> {
    names: HashMap<u32, &'a str>,
    bodies: Vec<(u32, FunctionBody<'a>)>,
}

impl<'a> Functions<'a> {
    fn of(linked: &'a [u8]) -> Result<Self> {
        let mut functions = Self { names: HashMap::new(), bodies: Vec::new() };
        let mut next = 0;
        for payload in Parser::new(0).parse_all(linked) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        next += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    functions.bodies.push((next, body));
                    next += 1;
                }
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(names) = section.as_known() else { continue };
                    for name in names {
                        let Name::Function(names) = name? else { continue };
                        for naming in names {
                            let naming = naming?;
                            functions.names.insert(naming.index, naming.name);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    fn never_called(&self) -> Result<HashSet<u32>> {
        let mut never: HashSet<u32> = self
            .bodies
            .iter()
            .map(|(index, _)| *index)
            .filter(|index| self.names.get(index).is_some_and(|name| is_never_called(name)))
            .collect();
        let mut calls = Vec::new();
        for (index, body) in &self.bodies {
            for operator in body.get_operators_reader()? {
                match operator? {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } | Operator::RefFunc { function_index }
                        if never.contains(&function_index) =>
                    {
                        calls.push((*index, function_index));
                    }
                    _ => {}
                }
            }
        }
        // Functions with equal code are merged under one of their names: what other code calls is kept, and so is everything it calls.
        loop {
            let before = never.len();
            for (from, to) in &calls {
                if !never.contains(from) {
                    never.remove(to);
                }
            }
            if never.len() == before {
                return Ok(never);
            }
        }
    }
}

/// The function itself or a closure in it; other items defined in it are called from elsewhere too.
fn is_never_called(name: &str) -> bool {
    let name = format!("{:#}", demangle(name));
    let mut name = name.as_str();
    while let Some(around) = name.strip_suffix("::{{closure}}") {
        name = around;
    }
    NEVER_CALLED.iter().any(|known| name.ends_with(known))
}

fn string(text: &str) -> Vec<u8> {
    [&leb128(text.len()), text.as_bytes()].concat()
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of functions, and which other each calls.
    const FUNCTIONS: [(&str, Option<u8>); 7] = [
        ("<V as RenderHtml>::hydrate_async::{{closure}}::{{closure}}", None),
        ("<T as IntoAny>::into_any::hydrate_async", Some(0)),
        ("<F as RenderHtml>::hydrate_async::prep", None),
        ("<C as RenderHtml>::hydrate_async", None),
        ("<E as RenderHtml>::hydrate_async", Some(3)),
        ("core::ptr::drop_in_place<x::hydrate_async>", None),
        ("app::start", Some(4)),
    ];

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id], leb128(content.len()).as_slice(), content].concat()
    }

    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        section(0, &[&string(name), content].concat())
    }

    fn program() -> Vec<u8> {
        let count = FUNCTIONS.len() as u8;
        let (mut code, mut relocations, mut names) = (vec![count], Vec::new(), vec![count]);
        for (index, (name, calls)) in FUNCTIONS.into_iter().enumerate() {
            // No locals, `i32.const 1`, `drop`, and the call with a padded index, as linkers write it.
            let mut body = vec![0, 0x41, 1, 0x1a];
            if let Some(called) = calls {
                relocations.extend([0, (code.len() + 1 + body.len() + 1) as u8, called]);
                body.extend([0x10, 0x80 | called, 0x80, 0x80, 0x80, 0]);
            }
            body.push(END);
            code.push(body.len() as u8);
            code.extend(body);
            names.push(index as u8);
            names.extend(string(name));
        }
        let relocations = [&[2, 3], relocations.as_slice()].concat();
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &[1, 0x60, 0, 0]),
            section(3, &[vec![count], vec![0; FUNCTIONS.len()]].concat()),
            section(10, &code),
            custom("reloc.CODE", &relocations),
            custom("name", &section(1, &names)),
        ]
        .concat()
    }

    /// Offset of each relocation, and the function that it refers to.
    fn relocations(program: &[u8]) -> Vec<(u32, u32)> {
        let reloc = Parser::new(0).parse_all(program).find_map(|payload| match payload.unwrap() {
            Payload::CustomSection(section) if section.name() == "reloc.CODE" => Some(section),
            _ => None,
        });
        let KnownCustom::Reloc(reloc) = reloc.unwrap().as_known() else { panic!("unreadable") };
        reloc.entries().into_iter().map(|entry| entry.map(|entry| (entry.offset, entry.index)).unwrap()).collect()
    }

    #[test]
    fn only_what_no_one_calls_goes() {
        let program = program();
        let (snipped, emptied) = snip(&program).unwrap();
        assert_eq!(emptied, 2);
        let functions = Functions::of(&snipped).unwrap();
        let is_trap = |body: &FunctionBody| matches!(body.get_operators_reader().unwrap().read().unwrap(), Operator::Unreachable);
        assert_eq!(
            functions.bodies.iter().map(|(_, body)| is_trap(body)).collect::<Vec<_>>(),
            [true, true, false, false, false, false, false]
        );
        assert_eq!(snipped.len(), program.len() - 3, "one relocation less, all else in its place");
        let [gone, below, start] = relocations(&program)[..] else { panic!("not three calls") };
        assert_eq!([gone.1, below.1, start.1], [0, 3, 4]);
        assert_eq!(relocations(&snipped), [below, start]);
    }

    #[test]
    fn names_are_read_as_compilers_write_them() {
        assert!(is_never_called("_ZN6tachys4view8any_view13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE"));
        assert!(!is_never_called("_ZN6tachys4view8any_view7hydrate17h0123456789abcdefE"));
    }
}
