import * as core from '../browser.js';
import { deviations } from './vectors.js';

const vectors = await (await fetch('/core/tests/vectors.json')).json();
globalThis.found = deviations(core, vectors);
