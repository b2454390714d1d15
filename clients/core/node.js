import { readFileSync } from 'node:fs';
import { initSync } from './pkg/orders_core.js';

initSync({ module: readFileSync(new URL('./pkg/orders_core_bg.wasm', import.meta.url)) });

export * from './pkg/orders_core.js';
