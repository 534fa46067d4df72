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
		untold: '?：总线守护进程不提供，或不向我们提供（Debug.Stats）',
		waits: (name) => `（排队等待 ${name}）`,
	},
	watch: {
		started: (address) => `正在监视 ${address}，按 Ctrl-C 结束。`,
		dropped: (count) => `输出的读取方太慢，上面缺少 ${count} 条消息。`,
		refused: (reason) => `此总线不允许监视：${reason}`,
		modes: {
			eavesdrop: '改用匹配规则监视：能看到他人之间的调用，看不到总线自身的应答。',
			match: '改用匹配规则监视：只能看到发给所有人的信号。',
		},
		lost: (reason) => `连接中断：${reason}。此刻起的消息看不到，正在重试……`,
		back: (seconds) => `${seconds} 秒后恢复监视。`,
		summary: (seen, shown) => `共看到 ${seen} 条消息，显示 ${shown} 条。`,
		malformed: (count) => `有 ${count} 帧不是可读的 D-Bus 消息。`,
		captureOnTerminal: '--pcap - 会输出二进制数据，请重定向到文件或另一个程序',
	},
	capture: {
		broken: (count) => `捕获文件中有 ${count} 条记录不是完整的 D-Bus 消息。`,
		notShown: (count) => `捕获文件中有 ${count} 条较早的消息未能放入内存；参阅设置中的 “memory”。`,
		truncated: '捕获文件在一条消息的中间结束。',
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
