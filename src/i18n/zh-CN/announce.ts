import type {Catalogue} from '../index.js';

export const announce: Catalogue['announce'] = {
	check: '在总线上发布冻结消息',
	allowed: (name) => `可以拥有 ${name}`,
	policyMissing: (name, file) =>
		`该总线的策略不允许我们拥有 ${name}：其他程序无法查询哪些服务被冻结。` +
		`冻结功能不受影响，信号照常发出。安装策略：` +
		`cp ${file} /etc/dbus-1/system.d/ && busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig`,
	notAnnounced: (name) => `总线不允许我们拥有 ${name}，其他程序无法查询哪些服务被冻结（见 doctor）。`,
};
