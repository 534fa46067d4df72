/*
 * The program as it is built, because a keeper is a process of its own that is started from there; the types
 * are those of the sources.
 */
const built = (file: string) => import(new URL(`../dist/${file}`, import.meta.url).href);

export const {begin} = (await built('cli/begin.js')) as typeof import('../src/cli/begin.js');
export const {connectToFrozen, takeOver} = (await built(
	'cli/frozen.js',
)) as typeof import('../src/cli/frozen.js');
export const {Fault} = (await built('common/fault.js')) as typeof import('../src/common/fault.js');
export const {CheckpointStore} = (await built(
	'checkpoint/store.js',
)) as typeof import('../src/checkpoint/store.js');
export const {standingOf} = (await built(
	'checkpoint/standing.js',
)) as typeof import('../src/checkpoint/standing.js');
export const {pidHere} = (await built(
	'checkpoint/numbers.js',
)) as typeof import('../src/checkpoint/numbers.js');
export const {leftBehind} = (await built(
	'session/repair/left-behind.js',
)) as typeof import('../src/session/repair/left-behind.js');
export const {repair} = (await built(
	'session/repair/repair.js',
)) as typeof import('../src/session/repair/repair.js');
export const {isKept} = (await built(
	'checkpoint/standing.js',
)) as typeof import('../src/checkpoint/standing.js');
export const {keeperIn} = (await built('checkpoint/owner.js')) as typeof import('../src/checkpoint/owner.js');
export const {KeeperClient} = (await built('keeper/client.js')) as typeof import('../src/keeper/client.js');
