import init from './pkg/orders_core.js';

// Bundlers recognise `new URL('…', import.meta.url)` as an asset; without a bundler it is a file beside this one.
await init({ module_or_path: new URL('./pkg/orders_core_bg.wasm', import.meta.url) });

export * from './pkg/orders_core.js';
