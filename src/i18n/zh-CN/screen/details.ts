import type {Catalogue} from '../../index.js';

export const details: Catalogue['screen']['details'] = {
	connection: '连接',
	loading: '正在读取 /proc 并询问守护进程…',
	more: (from, to, all) => `第 ${from}–${to} 行，共 ${all} 行`,
	labels: {
		uniqueName: '唯一名',
		names: '公认名',
		queuedNames: '等待的名称',
		process: '进程',
		user: 'uid、gid',
		exe: '可执行文件',
		command: '命令行',
		directory: '工作目录',
		capabilities: '权能',
		unit: 'systemd 单元',
		desktopId: '桌面文件',
		rules: '匹配规则',
		threads: '线程',
		fds: '描述符',
		waiting: '待处理',
		checkpoint: '检查点',
	},
	unknown: '该守护进程不提供',
};
