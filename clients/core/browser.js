import init from './pkg/orders_core.js';

// Spelt so that bundlers see an asset here, and a page without one a file next to this.
await init({ module_or_path: new URL('./pkg/orders_core_bg.wasm', import.meta.url) });

export * from './pkg/orders_core.js';
