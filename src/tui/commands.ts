import {messages} from '../i18n/index.js';
import {abort, askFreeze, askThaw, confirm} from './commands/acting.js';
import {
	acceptObjection,
	askCheckpointThaw,
	askPack,
	askRemove,
	askRepair,
	askSend,
	compareCheckpoint,
	nextLine,
	openCheckpoint,
	openCheckpoints,
	otherConnection,
	otherLine,
	retypeLine,
} from './commands/checkpoints.js';
import {copySection, jump, openDiff, otherMoment, otherSection} from './commands/comparing.js';
import {applyFilter, forgetFilter, keepTyped, narrow, openFilters} from './commands/filtering.js';
import {clear, focus, retype, showTraffic, sortStatistics, walk} from './commands/looking.js';
import {askPolicy, choosePolicy, toggleWaiting} from './commands/waiting.js';
import {close, openConnection, openMessage, reveal} from './commands/windows.js';
import type {Controller} from './controller.js';
import type {KeyId} from './keys.js';
import {moveBy} from './motion.js';
import {frozenServices, sessionUnderWay} from './selectors.js';
import type {ScreenState} from './state/state.js';

const withoutLast = (text: string): string => Array.from(text).slice(0, -1).join('');

type Command = (controller: Controller, state: ScreenState) => void;

/** What each key of the table does. That it may act now was asked of the table before. */
export const commands: Record<KeyId, Command> = {
	'move-up': ({store, traffic, metrics}) => moveBy({lines: -1}, store, traffic, metrics),
	'move-down': ({store, traffic, metrics}) => moveBy({lines: 1}, store, traffic, metrics),
	'half-up': ({store, traffic, metrics}) => moveBy({pages: -0.5}, store, traffic, metrics),
	'half-down': ({store, traffic, metrics}) => moveBy({pages: 0.5}, store, traffic, metrics),
	'page-up': ({store, traffic, metrics}) => moveBy({pages: -1}, store, traffic, metrics),
	'page-down': ({store, traffic, metrics}) => moveBy({pages: 1}, store, traffic, metrics),
	top: ({store, traffic, metrics}) => moveBy({to: 'top'}, store, traffic, metrics),
	bottom: ({store, traffic, metrics}) => moveBy({to: 'bottom'}, store, traffic, metrics),
	'next-pane': (controller, state) => focus(controller, state, 1),
	'previous-pane': (controller, state) => focus(controller, state, -1),
	open: (controller, state) => {
		if (state.focus === 'connections') openConnection(controller, state);
		else if (state.focus === 'traffic') openMessage(controller, state);
		else openDiff(controller);
	},
	'stage-left': (controller, state) => walk(controller, state, -1),
	'stage-right': (controller, state) => walk(controller, state, 1),
	diff: openDiff,
	filter: ({store}, {focus: pane, modal}) => {
		if (modal?.kind === 'diff' || modal?.kind === 'checkpoints') {
			store.dispatch({type: 'edit-filter', pane: modal.kind === 'diff' ? 'evidence' : 'checkpoints'});
			return;
		}
		// What is being filtered should be in view as it comes.
		if (pane === 'traffic') store.dispatch({type: 'message-cursor', cursor: null});
		if (pane === 'connections' || pane === 'traffic') store.dispatch({type: 'edit-filter', pane});
	},
	'clear-filter': clear,
	'only-this': (controller, state) => narrow(controller, state, false),
	'not-this': (controller, state) => narrow(controller, state, true),
	'saved-filters': openFilters,
	'save-filter': ({store}) => store.dispatch({type: 'edit-filter', pane: 'name'}),
	'use-filter': applyFilter,
	'forget-filter': forgetFilter,
	'view-list': (controller) => showTraffic(controller, 'list'),
	'view-sequence': (controller) => showTraffic(controller, 'sequence'),
	'view-statistics': (controller) => showTraffic(controller, 'statistics'),
	'statistics-order': sortStatistics,
	wide: ({store}, {traffic: {wide}}) => store.dispatch({type: 'wide', on: !wide}),
	pause: ({store, port}, {pausedAt}) =>
		store.dispatch({type: 'pause', at: pausedAt === null ? port.traffic.range().end : null}),
	freeze: askFreeze,
	next: ({sessions}, {active}) => sessions.of(active)?.decide('continue'),
	continue: (controller, {active}) => {
		controller.sessions.of(active)?.continueAll();
		controller.say(messages().screen.notice.continuing);
	},
	abort,
	thaw: askThaw,
	'thaw-connection': otherConnection,
	'thaw-in-spite': acceptObjection,
	waiting: toggleWaiting,
	policy: askPolicy,
	'freeze-policy': choosePolicy,
	checkpoints: openCheckpoints,
	'checkpoint-open': openCheckpoint,
	'checkpoint-thaw': askCheckpointThaw,
	'checkpoint-diff': (controller, state) => void compareCheckpoint(controller, state),
	pack: askPack,
	send: askSend,
	interrupt: ({jobs}) => jobs.interrupt(),
	remove: askRemove,
	repair: askRepair,
	'close-checkpoints': close,
	'form-next': nextLine,
	'form-down': (controller, state) => otherLine(controller, state, 1),
	'form-up': (controller, state) => otherLine(controller, state, -1),
	'form-erase': (controller, state) => retypeLine(controller, state, withoutLast),
	'form-erase-all': (controller, state) => retypeLine(controller, state, () => ''),
	'form-close': close,
	yes: confirm,
	no: close,
	close,
	reveal,
	'close-filters': close,
	'filter-keep': keepTyped,
	'filter-undo': ({store}) => store.dispatch({type: 'end-filter', keep: false}),
	'filter-erase': (controller, state) => retype(controller, state, withoutLast),
	'filter-erase-all': (controller, state) => retype(controller, state, () => ''),
	'moment-left': (controller, state) => otherMoment(controller, state, -1),
	'moment-right': (controller, state) => otherMoment(controller, state, 1),
	'diff-side': ({store}, {modal}) => {
		if (modal?.kind !== 'diff') return;
		store.dispatch({type: 'modal', modal: {...modal, side: modal.side === 'after' ? 'before' : 'after'}});
	},
	'section-left': (controller, state) => otherSection(controller, state, -1),
	'section-right': (controller, state) => otherSection(controller, state, 1),
	jump,
	copy: copySection,
	help: ({store}, {modal}) => {
		const from = modal?.kind === 'checkpoints' ? {from: modal} : {};
		store.dispatch({
			type: 'modal',
			modal: modal?.kind === 'help' ? modal.from : {kind: 'help', scroll: 0, ...from},
		});
	},
	quit: (controller, state) => {
		const isIdle = !sessionUnderWay(state) && !state.checkpoints.job;
		if (frozenServices(state).length === 0 && isIdle) controller.leave();
		else controller.store.dispatch({type: 'modal', modal: {kind: 'quit'}});
	},
};
