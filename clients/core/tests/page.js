import * as core from '../browser.js';
import { deviations } from './vectors.js';

const vectors = await (await fetch('/core/tests/vectors.json')).json();
const found = document.createElement('output');
found.textContent = JSON.stringify(deviations(core, vectors));
document.body.append(found);
