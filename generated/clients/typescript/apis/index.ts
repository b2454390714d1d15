/* tslint:disable */
/* eslint-disable */
export * from './OperationsApi.js';
export * from './OrdersApi.js';
