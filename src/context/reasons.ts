/**
 * Why something differs. Each key has one sentence per language in `i18n` (evidence.reasons); the values are
 * the facts that the sentence needs.
 */
export interface ReasonParams {
	// Places of threads
	'syscall-restarts': {syscall: string};
	'one-eintr': {syscall: string};
	'syscall-returned': {syscall: string; result: string};
	'restart-syscall': Record<string, never>;
	'was-running': Record<string, never>;
	'place-changed': Record<string, never>;
	'register-changed': {register: string};
	'vectors-changed': {part: string};
	'left-stopped': Record<string, never>;
	woken: Record<string, never>;
	// Time
	'runs-on': Record<string, never>;
	'ran-before-freeze': Record<string, never>;
	'ran-between': Record<string, never>;
	'in-criu': Record<string, never>;
	// What restoring changes by its nature
	'time-namespace': Record<string, never>;
	'start-time': Record<string, never>;
	reparented: {ppid: number};
	'own-pid-namespace': Record<string, never>;
	'called-otherwise': Record<string, never>;
	'locks-set-again': Record<string, never>;
	'new-inode': Record<string, never>;
	'daemon-forgot-pid': Record<string, never>;
	// The machine
	rebooted: Record<string, never>;
	'other-machine': Record<string, never>;
	'other-hostname': Record<string, never>;
	'other-kernel': Record<string, never>;
	'other-cpu': Record<string, never>;
	// Things that come and go
	lost: {what: Thing};
	'ended-after': {what: Thing};
	'added-after': {what: Thing};
	extra: {what: Thing};
	'held-closed': Record<string, never>;
	// Properties that must stay
	'flags-changed': {set: string; cleared: string};
	'open-only-flags': {set: string; cleared: string};
	'fd-replaced': Record<string, never>;
	'inode-split': Record<string, never>;
	'held-inode-changed': Record<string, never>;
	'position-changed': Record<string, never>;
	'fd-content-changed': Record<string, never>;
	'timer-stops': Record<string, never>;
	'socket-option-changed': {option: string};
	'option-without-effect': {option: string};
	'socket-name-changed': Record<string, never>;
	'socket-state-changed': Record<string, never>;
	'peer-changed': Record<string, never>;
	'bytes-waiting': Record<string, never>;
	'process-changed': {property: string};
	'namespace-changed': {kind: string};
	'namespace-anew': {kind: string};
	'left-user-namespace': Record<string, never>;
	// Memory
	'memory-changed': {bytes: number; place: string};
	'memory-missing': {bytes: number; place: string};
	'memory-unreadable': {bytes: number; place: string};
	'memory-more': {ranges: number};
	'memory-kernel': {bytes: number};
	'page-changed': {bytes: number; place: string};
	'map-changed': Record<string, never>;
	'image-edited': Record<string, never>;
	// The bus
	'unique-name-changed': Record<string, never>;
	reconnected: Record<string, never>;
	'stale-name': {name: string; count: number; places: string};
	'name-lost': {name: string};
	'name-demoted': {name: string; position: number};
	'name-promoted': {name: string};
	'name-added': {name: string};
	'rule-lost': {rule: string};
	'rule-added': {rule: string};
	'rules-untold': Record<string, never>;
	'bus-credentials-changed': Record<string, never>;
	silent: Record<string, never>;
	'reads-without-answer': Record<string, never>;
	'ping-denied': Record<string, never>;
}

export type Thing = 'process' | 'thread' | 'fd' | 'connection';
export type ReasonKey = keyof ReasonParams;
