import { startService } from './service.js';

/** One service for all tests; each has tenants of its own. */
export default async function setup(project) {
  const service = await startService();
  project.provide('service', service.url);
  return service.stop;
}
