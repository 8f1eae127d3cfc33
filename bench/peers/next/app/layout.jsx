const PLACES = [['/leads', 'Leads'], ['/campaigns', 'Campaigns'], ['/imports', 'Imports'], ['/settings', 'Settings']];

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <div className="app">
          <aside className="sidebar" aria-label="Sidebar">
            <nav aria-label="Main">
              <ul>
                {PLACES.map(([href, name]) => (
                  <li key={href}>
                    <a href={href} title={name}>
                      <svg className="i" aria-hidden="true"><use href="/icons.svg#leads" /></svg>
                      <span>{name}</span>
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
          </aside>
          <main className="main">{children}</main>
        </div>
      </body>
    </html>
  );
}
