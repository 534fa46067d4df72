import type {FaultData} from '../common/fault.js';
import {messages} from './index.js';

/** In what state the process is now, as a sentence. */
export function stateText({code, processState}: Pick<FaultData, 'code' | 'processState'>): string {
	const {state, frozenAlone} = messages().faults;
	return code === 'hold-lost' && processState === 'frozen' ? frozenAlone : state[processState];
}
