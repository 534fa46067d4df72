import {faults} from './faults.js';

export const en = {faults};
