// Starts ReDoc on /redoc. It lays itself out from edge to edge.
document.body.style.margin = "0";
Redoc.init("/openapi.json", { sortTagsAlphabetically: true }, document.getElementById("api"));
