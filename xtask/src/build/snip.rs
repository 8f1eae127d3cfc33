//! Removes code that is never called but that the compiler must keep: every erased view holds pointers to the functions that hydrate it
//! when parts of the program are loaded lazily. Here the whole program is one file, so that this kind of hydration never begins.

use std::collections::HashSet;

use walrus::{
    FunctionId, FunctionKind, Module,
    ir::{Instr, InstrLocId, Unreachable, Visitor, dfs_in_order},
    passes::gc,
};

/// Names in `tachys` and `reactive_graph`. Only `leptos::mount::hydrate_lazy` and `hydrate_islands` would call them.
const NEVER_CALLED: [&str; 3] = ["::hydrate_async", "::new_with_async_value", "::new_with_async_value_erased"];

/// Replaces the bodies of these functions by a trap, which reports it if they are called after all. Returns their number.
pub fn snip(module: &mut Module) -> usize {
    let mut never: HashSet<FunctionId> =
        module.funcs.iter_local().map(|(id, _)| id).filter(|id| is_never_called(module.funcs.get(*id).name.as_deref())).collect();
    // Functions with equal code are merged under one of their names: what other code calls is kept, and so is everything it calls.
    loop {
        let before = never.len();
        for (_, body) in module.funcs.iter_local().filter(|(id, _)| !never.contains(id)).collect::<Vec<_>>() {
            dfs_in_order(&mut Calls(&mut never), body, body.entry_block());
        }
        if never.len() == before {
            break;
        }
    }
    for id in &never {
        if let FunctionKind::Local(body) = &mut module.funcs.get_mut(*id).kind {
            let entry = body.entry_block();
            body.block_mut(entry).instrs = vec![(Instr::Unreachable(Unreachable {}), InstrLocId::default())];
        }
    }
    gc::run(module);
    never.len()
}

/// The function itself or a closure in it; other items defined in it are called from elsewhere too.
fn is_never_called(name: Option<&str>) -> bool {
    let Some(mut name) = name else { return false };
    if let Some((path, hash)) = name.rsplit_once("::h")
        && hash.len() == 16
        && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        name = path;
    }
    while let Some(around) = name.strip_suffix("::{{closure}}") {
        name = around;
    }
    NEVER_CALLED.iter().any(|known| name.ends_with(known))
}

/// Removes called functions from the set.
struct Calls<'a>(&'a mut HashSet<FunctionId>);

impl Visitor<'_> for Calls<'_> {
    fn visit_function_id(&mut self, called: &FunctionId) {
        self.0.remove(called);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, ModuleConfig};

    #[test]
    fn only_what_no_one_calls_goes() {
        let mut module = Module::with_config(ModuleConfig::new());
        let mut add = |name: &str, calls: Option<FunctionId>| {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            let mut body = function.name(format!("{name}::h0123456789abcdef")).func_body();
            body.i32_const(1).drop();
            if let Some(called) = calls {
                body.call(called);
            }
            let function = function.finish(Vec::new(), &mut module.funcs);
            module.exports.add(name, function);
            function
        };
        let closure = add("<V as RenderHtml>::hydrate_async::{{closure}}::{{closure}}", None);
        let never = add("<T as IntoAny>::into_any::hydrate_async", Some(closure));
        let helper = add("<F as RenderHtml>::hydrate_async::prep", None);
        let below = add("<C as RenderHtml>::hydrate_async", None);
        let shared = add("<E as RenderHtml>::hydrate_async", Some(below));
        let dropped = add("core::ptr::drop_in_place<x::hydrate_async>", None);
        let start = add("app::start", Some(shared));
        assert_eq!(snip(&mut module), 2);
        let is_trap = |id: FunctionId| {
            let body = module.funcs.get(id).kind.unwrap_local();
            matches!(body.block(body.entry_block()).instrs[..], [(Instr::Unreachable(_), _)])
        };
        assert_eq!([closure, never, helper, below, shared, dropped, start].map(is_trap), [true, true, false, false, false, false, false]);
    }
}
