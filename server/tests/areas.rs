//! The table by which pages find the WebAssembly files that they need.

use app::areas::Area;
use leptos_axum::generate_route_list;

#[tokio::test]
async fn each_page_is_in_the_table_of_areas() {
    let pages = generate_route_list(app::App);
    let pages: Vec<_> = pages.iter().map(|page| page.path()).filter(|path| !path.starts_with("/sfn/")).collect();
    assert!(pages.len() > 15, "{pages:?}");
    for page in pages {
        assert!(Area::listed(page).is_some(), "{page} is below no page of NAV_PAGES and not in app/src/areas/mod.rs");
    }
}

#[test]
fn a_path_tells_its_areas() {
    assert_eq!(Area::at("/leads/new"), []);
    assert_eq!(Area::at("/"), []);
    assert_eq!(Area::at("/campaigns/01890000-0000-7000-8000-000000000000"), [Area::Campaigns]);
    assert_eq!(Area::at("/signin"), [Area::Office]);
    assert_eq!(Area::at("/nothing/here"), Area::ALL, "an unknown page may be in any");
}
