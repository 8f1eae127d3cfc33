// Starts Swagger UI on /docs. Its dark theme is a class that it leaves to the page.
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", theme);
theme();
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  // Of long lists it renders only what is in view.
  docExpansion: "none",
  displayRequestDuration: true,
  // Would send the description to a server of its makers.
  validatorUrl: null,
});
