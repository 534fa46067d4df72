import type {Catalogue} from '../index.js';
import {faults} from './faults.js';

export const zhCN: Catalogue = {faults};
