import type {Catalogue} from '../index.js';
import {bus} from './bus.js';
import {cli} from './cli.js';
import {evidence} from './evidence.js';
import {faults} from './faults.js';
import {screen} from './screen.js';

export const zhCN: Catalogue = {bus, cli, evidence, faults, screen};
