import type {Catalogue} from '../index.js';

export const bus: Catalogue['bus'] = {
	list: {
		columns: {
			uniqueName: '连接',
			names: '名称',
			pid: '进程号',
			uid: '用户',
			command: '命令',
			rules: '规则',
			queue: '队列',
			frozen: '已冻结',
		},
		yes: '是',
		waits: (name) => `（排队等待 ${name}）`,
	},
	watch: {
		started: (address) => `正在监视 ${address}，按 Ctrl-C 结束。`,
		dropped: (count) => `输出的读取方太慢，上面缺少 ${count} 条消息。`,
	},
	reasons: {
		'address-transport': '不支持其传输方式（仅支持 unix:、tcp: 与 unixexec:）',
		'address-no-path': '其中没有指明连接到何处（path=、abstract= 等）',
		'other-guid': '它与地址所指的不是同一条总线（guid 不同）',
		'address-syntax': '它不是 D-Bus 地址',
		'auth-rejected': '它不接受此用户',
		'not-a-bus': '该处应答的不是消息总线',
		timeout: '它未在时限内应答',
		closed: '它在握手期间关闭了连接',
		disconnected: '它关闭了连接',
		ENOENT: '没有这个套接字',
		ECONNREFUSED: '该处无人监听',
		EACCES: '权限不足',
	},
};
