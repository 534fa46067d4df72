import {Device} from '../../support/device/device.js';

/** boot.ts ROOT: boots a device, says where it is, and waits to be killed. */
const device = await Device.boot({teardown() {}} as never, {root: process.argv[2] ?? '', name: 'orphan'});
const {pid, dir, cgroup} = device;
process.stdout.write(`${JSON.stringify({pid, dir, cgroup})}\n`);
setInterval(() => {}, 1000);
