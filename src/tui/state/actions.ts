import type {FaultData} from '../../common/fault.js';
import type {Moment, Snapshot} from '../../context/model.js';
import type {BusPeer} from '../../dbus/types.js';
import type {SessionEvent} from '../../session/events.js';
import type {FrozenService, PreflightReport} from '../port.js';
import type {CheckpointsAction} from './checkpoints.js';
import type {Modal} from './modals.js';
import type {Comparison, FilterPane, MessageCursor, Notice, Pane} from './state.js';
import type {TrafficAction} from './traffic.js';

/** Everything that can change the screen's state. */
export type Action =
	| {type: 'peers'; peers: readonly BusPeer[]}
	| {type: 'frozen'; frozen: readonly FrozenService[]}
	| {type: 'focus'; pane: Pane}
	| {type: 'select'; uniqueName: string | undefined}
	| {type: 'edit-filter'; pane: FilterPane}
	| {type: 'filter'; pane: FilterPane; text: string}
	| {type: 'end-filter'; keep: boolean}
	| {type: 'message-cursor'; cursor: MessageCursor | null}
	| {type: 'pause'; at: number | null}
	| {type: 'opening'; on: boolean}
	| {type: 'session-opened'; checkpoint: string; activate: boolean}
	| {type: 'session-event'; checkpoint: string; event: SessionEvent}
	| {type: 'session-ended'; checkpoint: string}
	| {type: 'session-forgotten'; checkpoint: string}
	| {type: 'activate'; checkpoint: string}
	| {type: 'stage-cursor'; index: number | null}
	| {type: 'pair'; pair: {before: Moment; after: Moment} | undefined}
	| {type: 'comparison'; comparison: Comparison | undefined}
	| {type: 'context-scroll'; scroll: number}
	| {type: 'modal'; modal: Modal | undefined}
	| {type: 'preflight'; target: string; report?: PreflightReport; fault?: FaultData}
	| {type: 'details'; uniqueName: string; snapshot?: Snapshot; fault?: FaultData}
	| {type: 'notice'; notice: Notice | undefined}
	| TrafficAction
	| CheckpointsAction
	| {type: 'leave'};
