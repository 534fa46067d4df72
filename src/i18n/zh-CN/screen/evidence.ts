import type {Catalogue} from '../../index.js';

export const evidence: Catalogue['screen']['evidence'] = {
	sections: {
		differences: '差异',
		threads: '线程',
		registers: '寄存器',
		maps: '内存映射',
		fds: '描述符',
		sockets: '套接字',
		connections: '总线',
		process: '进程',
	},
	missing: '不存在',
	noBacktrace: '没有调用栈：需要 elfutils 的 eu-stack',
	noRegisters: '这两个时刻没有读取其寄存器',
	noConnections: '这两个时刻没有询问总线。',
	copied: (lines) => `已将 ${lines} 行送入终端的剪贴板（OSC 52）。`,
};
