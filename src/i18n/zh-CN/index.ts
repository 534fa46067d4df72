import type {Catalogue} from '../index.js';
import {announce} from './announce.js';
import {bus} from './bus.js';
import {cli} from './cli.js';
import {evidence} from './evidence.js';
import {faults} from './faults.js';
import {findings} from './findings.js';
import {query} from './query.js';
import {report} from './report.js';
import {screen} from './screen/index.js';
import {unit} from './unit.js';

export const zhCN: Catalogue = {announce, bus, cli, evidence, faults, findings, query, report, screen, unit};
