import { startService } from './service.js';

/** Starts one service for all tests. Each test has tenants of its own. */
export default async function setup(project) {
  const service = await startService();
  project.provide('service', service.url);
  return service.stop;
}
