//! WebAssembly entry: hydrates the page that the server rendered.

use app::App;

#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    app::ui::guard_history();
    app::areas::start(App).await;
}
