export * from './pkg/orders_core.js';
