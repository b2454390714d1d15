import { defineConfig } from 'vite';

const here = new URL('.', import.meta.url).pathname;

export default defineConfig({
  root: `${here}src`,
  publicDir: `${here}public`,
  base: './', // a gateway may serve the page below any prefix
  build: {
    outDir: `${here}dist`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: URLs
    modulePreload: false,
    license: { fileName: 'console/licenses.md' },
    // Names without hashes: the service sends entity tags, and the committed files keep their names.
    rolldownOptions: {
      input: `${here}src/console.html`,
      output: {
        entryFileNames: 'console/[name].js',
        assetFileNames: 'console/[name][extname]',
        codeSplitting: false,
      },
    },
  },
});
