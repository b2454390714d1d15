import { defineConfig } from 'vite';

const here = new URL('.', import.meta.url).pathname;

export default defineConfig({
  root: `${here}src`,
  publicDir: `${here}public`,
  base: './', // the page does not know under which prefix a gateway shows it
  build: {
    outDir: `${here}dist`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the page may load its own files only
    modulePreload: false,
    license: { fileName: 'console/licenses.md' },
    // Names without hashes: the binary answers with entity tags, and the committed files keep their names.
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
