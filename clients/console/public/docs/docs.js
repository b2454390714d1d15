// Swagger UI on the contract of the service that serves this page.

const here = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** The contract names the address of a service started with `make run`; what is tried out here goes to this one. */
const callThisService = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (contract) => update({ ...contract, servers: [{ url: here, description: 'This service' }] }),
      },
    },
  },
});

// Its own switch sits in a bar that is not shown.
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
