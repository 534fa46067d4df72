/**
 * Whether release `one` is older than `other`, as `uname -r` tells them (`6.1.0-18-cloud-amd64`): by major and minor
 * number, which is where kernels get new features. Releases that are no numbers are older than none.
 */
export function isOlderKernel(one: string, other: string): boolean {
	const [a, b] = [numbersOf(one), numbersOf(other)];
	if (!a || !b) return false;
	return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

function numbersOf(release: string): [number, number] | undefined {
	const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
	return major === undefined ? undefined : [Number(major), Number(minor)];
}
