/** What slow work tells while it goes on; bytes. */
export interface MoveProgress {
	phase: 'pack' | 'send' | 'receive' | 'unpack';
	done: number;
	total: number;
}

export type OnProgress = (progress: MoveProgress) => void;
