import {useWindowSize} from 'ink';
import type {Size} from '../layout.js';

/** The terminal's size now; follows every resize. */
export function useTerminalSize(): Size {
	return useWindowSize();
}
