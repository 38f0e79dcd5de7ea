// Draws the API's documentation into the page.
Redoc.init(new URL("../openapi.json", document.currentScript.src).href, { hideDownloadButton: false, disableSearch: false }, document.getElementById("redoc"));
