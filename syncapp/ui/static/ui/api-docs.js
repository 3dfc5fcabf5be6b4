// Starts Swagger UI; a file of its own because the content security policy forbids inline scripts.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const follow = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark"); // its word
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-bs-theme"] });
  follow();
  const place = document.getElementById("api-docs");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
