//! Code that no one calls, and that the compiler must keep all the same: every erased view holds pointers to how it would be hydrated if
//! parts of the program were still to be loaded. The whole program is one file here, so that way of hydrating never begins.

use walrus::{
    FunctionKind, Module,
    ir::{Instr, InstrLocId, Unreachable},
    passes::gc,
};

/// As `tachys` and `reactive_graph` name it. Only `leptos::mount::hydrate_lazy` and `hydrate_islands` would begin it.
const NEVER_CALLED: [&str; 2] = ["::hydrate_async", "::new_with_async_value"];

/// Leaves nothing of them but a trap, which says so should they ever be called. Answers how many there were.
pub fn snip(module: &mut Module) -> usize {
    let mut snipped = 0;
    for function in module.funcs.iter_mut() {
        // How a value is dropped may be the same for others, and then it is shared with them under one name.
        let never = |name: &str| !name.contains("drop_in_place") && NEVER_CALLED.iter().any(|known| name.contains(known));
        if let (Some(true), FunctionKind::Local(body)) = (function.name.as_deref().map(never), &mut function.kind) {
            let entry = body.entry_block();
            body.block_mut(entry).instrs = vec![(Instr::Unreachable(Unreachable {}), InstrLocId::default())];
            snipped += 1;
        }
    }
    gc::run(module);
    snipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::{FunctionBuilder, ModuleConfig};

    #[test]
    fn only_what_is_never_called_goes() {
        let mut module = Module::with_config(ModuleConfig::new());
        for name in ["<T as IntoAny>::into_any::hydrate_async", "core::ptr::drop_in_place<x::hydrate_async>", "app::start"] {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            function.name(name.to_owned()).func_body().i32_const(1).drop();
            let function = function.finish(Vec::new(), &mut module.funcs);
            module.exports.add(name, function);
        }
        assert_eq!(snip(&mut module), 1);
        let traps: Vec<_> = module.funcs.iter_local().filter(|(_, body)| body.block(body.entry_block()).len() == 1).collect();
        assert_eq!(traps.len(), 1);
        assert_eq!(module.funcs.get(traps[0].0).name.as_deref(), Some("<T as IntoAny>::into_any::hydrate_async"));
    }
}
