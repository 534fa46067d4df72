import test from 'ava';
import {isOlderKernel} from '../../src/session/kernel-version.js';

test('kernels are compared by major and minor number', (t) => {
	t.true(isOlderKernel('5.10.0-28-amd64', '6.1.0-18-cloud-amd64'));
	t.true(isOlderKernel('6.1.99', '6.18.5'));
	t.false(isOlderKernel('6.18.5', '6.1.99'));
	t.false(isOlderKernel('6.1.2', '6.1.99'), 'what is corrected is no feature');
	t.false(isOlderKernel('unknown', '6.1'));
});
