// Swagger UI on the contract of the service that serves this page.

const here = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** The contract names the address of `make run`. Replaces it by the address of this page, so that requests go to the service that serves it. */
const callThisService = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (contract) => update({ ...contract, servers: [{ url: here, description: 'This service' }] }),
      },
    },
  },
});

// Swagger UI's own switch is in its top bar, which is hidden.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

globalThis.SwaggerUIBundle({
  url: 'openapi.yaml',
  dom_id: '#reference',
  deepLinking: true,
  validatorUrl: null, // no request to a third party
  tryItOutEnabled: true,
  plugins: [callThisService],
});
