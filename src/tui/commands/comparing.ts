import {messages} from '../../i18n/index.js';
import type {Controller} from '../controller.js';
import {blocksText, evidenceBlocks} from '../evidence/blocks.js';
import {type Block, blockAt, sectionOf, sections, startsOf} from '../evidence/sections.js';
import {type Motion, target} from '../motion.js';
import {activeSession, wantedPair} from '../selectors.js';
import {momentsOf} from '../session-view.js';
import type {WindowModal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';

type DiffModal = Extract<WindowModal, {kind: 'diff'}>;

export function openDiff(controller: Controller): void {
	openDiffFrom(controller);
}

/** @param from the window to go back to. */
export function openDiffFrom({store}: Controller, from?: WindowModal): void {
	store.dispatch({type: 'filter', pane: 'evidence', text: ''});
	store.dispatch({
		type: 'modal',
		modal: {
			kind: 'diff',
			side: 'after',
			section: 'differences',
			chosen: 0,
			scroll: 0,
			...(from ? {from} : {}),
		},
	});
}

/** The next earlier or later moment on the chosen side. */
export function otherMoment(controller: Controller, state: ScreenState, step: -1 | 1): void {
	const pair = wantedPair(state);
	const view = activeSession(state);
	const {modal} = state;
	if (!pair || !view || modal?.kind !== 'diff') return;
	const moments = momentsOf(view);
	const next = moments[moments.indexOf(pair[modal.side]) + step];
	if (!next) {
		controller.say(messages().screen.disabled.endOfMoments, 'warn');
		return;
	}
	controller.store.dispatch({type: 'pair', pair: {...pair, [modal.side]: next}});
	controller.store.dispatch({type: 'modal', modal: {...modal, chosen: 0, scroll: 0}});
}

export function otherSection({store}: Controller, {modal}: ScreenState, step: -1 | 1): void {
	if (modal?.kind !== 'diff') return;
	const at = sections.indexOf(modal.section) + step + sections.length;
	const section = sections[at % sections.length] ?? 'differences';
	store.dispatch({type: 'modal', modal: {...modal, section, scroll: 0}});
}

/** From the chosen difference to the place that it is about. */
export function jump(controller: Controller, state: ScreenState): void {
	const {modal} = state;
	if (modal?.kind !== 'diff') return;
	const path = chosenPath(state, modal, controller.metrics.evidenceWidth);
	if (path === undefined) return;
	// What is looked for must not be filtered away.
	controller.store.dispatch({type: 'filter', pane: 'evidence', text: ''});
	const section = sectionOf(path);
	const blocks = blocksOf(controller.store.get(), {...modal, section}, controller.metrics.evidenceWidth);
	const scroll = startsOf(blocks)[blockAt(blocks, path)] ?? 0;
	controller.store.dispatch({type: 'modal', modal: {...modal, section, scroll}});
}

/** The section that is open, as text, into the terminal's clipboard. */
export function copySection(controller: Controller, state: ScreenState): void {
	const {modal} = state;
	if (modal?.kind !== 'diff') return;
	const text = blocksText(blocksOf(state, modal, controller.metrics.evidenceWidth));
	controller.copy(text);
	controller.say(messages().screen.evidence.copied(text.split('\n').length), 'good');
}

/** Among the differences the chosen one moves, and is kept in view; elsewhere the rows do. */
export function moveInDiff(
	motion: Motion,
	state: ScreenState,
	modal: DiffModal,
	controller: Pick<Controller, 'store' | 'metrics'>,
): void {
	const {height, maxScroll} = controller.metrics.modal;
	const blocks = blocksOf(state, modal, controller.metrics.evidenceWidth);
	const places = placesOf(blocks);
	if (modal.section !== 'differences' || places.length === 0) {
		const scroll = target(motion, Math.min(modal.scroll, maxScroll), maxScroll, height);
		controller.store.dispatch({type: 'modal', modal: {...modal, scroll}});
		return;
	}
	const chosen = target(
		motion,
		Math.min(modal.chosen, places.length - 1),
		places.length - 1,
		Math.ceil(height / 3),
	);
	const index = places[chosen] ?? 0;
	const start = startsOf(blocks)[index] ?? 0;
	const end = start + (blocks[index]?.rows.length ?? 0);
	// The first one shows the verdict above it, the last one all that follows.
	const scroll =
		chosen === 0
			? 0
			: chosen === places.length - 1 && 'to' in motion
				? maxScroll
				: Math.min(Math.max(modal.scroll, end - height), start);
	controller.store.dispatch({type: 'modal', modal: {...modal, chosen, scroll}});
}

/** The blocks that are differences. */
export function placesOf(blocks: readonly Block[]): number[] {
	return blocks.flatMap(({path}, index) => (path === '' ? [] : [index]));
}

function chosenPath(state: ScreenState, modal: DiffModal, width: number): string | undefined {
	const blocks = blocksOf(state, modal, width);
	const places = placesOf(blocks);
	return blocks[places[Math.min(modal.chosen, places.length - 1)] ?? -1]?.path;
}

function blocksOf(state: ScreenState, {section}: DiffModal, width: number): Block[] {
	const view = activeSession(state);
	return view ? evidenceBlocks(section, view, state.comparison, state.filters.evidence, width) : [];
}
