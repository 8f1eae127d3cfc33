//! Requests to paste into a shell.

use super::{Contract, Example};
use crate::ui::CopyButton;
use leptos::prelude::*;

/// The shell's command. The key is a variable, so that it stays out of the page and of the shell's history.
fn command(base: &str, Example { options, path, .. }: &Example) -> String {
    let options = if options.is_empty() { String::new() } else { format!(" {options}") };
    format!("curl{options} -H \"Authorization: Bearer $LINNET_KEY\" \"{base}{path}\"")
}

#[component]
pub(super) fn Examples(base: String, contracts: Vec<Contract>) -> impl IntoView {
    let row = move |(contract, example): (String, Example)| {
        let command = command(&base, &example);
        view! {
            <li>
                <span class="body"><span class="strong">{example.what.clone()}</span><span class="meta">{contract}</span></span>
                <CopyButton text=command.clone() of=example.what/>
                <pre tabindex="0"><code>{command}</code></pre>
            </li>
        }
    };
    let examples =
        contracts.into_iter().flat_map(|Contract { name, examples, .. }| examples.into_iter().map(move |one| (name.clone(), one)));
    view! {
        <section id="examples" aria-labelledby="h-examples">
            <header><div>
                <h2 id="h-examples">"Examples"</h2>
                <p>"Put a key into the variable "<code>"LINNET_KEY"</code>" of your shell, then paste a line."</p>
            </div></header>
            <div class="card"><ul class="list examples">{examples.map(row).collect_view()}</ul></div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_address_and_credential() {
        let add = Example::new("Add a lead", r#"--json '{"name":"Ana"}'"#, "/api/leads");
        let expected = r#"curl --json '{"name":"Ana"}' -H "Authorization: Bearer $LINNET_KEY" "https://crm.example/api/leads""#;
        assert_eq!(command("https://crm.example", &add), expected);
        let list = Example::new("List leads", "", "/api/leads?limit=5");
        assert_eq!(command("$LINNET_URL", &list), r#"curl -H "Authorization: Bearer $LINNET_KEY" "$LINNET_URL/api/leads?limit=5""#);
    }
}
