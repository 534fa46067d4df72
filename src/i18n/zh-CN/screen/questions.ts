import type {Catalogue} from '../../index.js';

export const freeze: Catalogue['screen']['freeze'] = {
	title: (name) => `冻结 ${name}？`,
	checking: '正在预先检查（不触动任何东西）…',
	target: (pid, comm, processes, threads) => `进程 ${pid}（${comm}），${processes} 个进程，${threads} 个线程`,
	blockers: '无法冻结：',
	warnings: '请注意：',
	held: '冻结期间持有：',
	stops: '每个阶段都会等您决定；提交点之前都可以反悔。',
	ask: 'y 冻结 · p 选择调用的处理方式 · n 或 esc 放弃',
	askBlocked: '按 esc 返回',
};

export const thaw: Catalogue['screen']['thaw'] = {
	title: (name) => `解冻 ${name}？`,
	body: {
		held: 'CRIU 将以相同的 pid 和同一条总线连接恢复该进程。每个阶段都会等您决定。',
		'new-asked':
			'CRIU 将以相同的 pid 恢复该进程。其总线连接虽仍被持有，也会放弃并另建新连接：唯一名称会改变，等待中的调用会失败。每个阶段都会等您决定。',
		reconnected:
			'CRIU 将以相同的 pid 恢复该进程。旧的总线连接已不存在：它会得到新连接，名称和匹配规则不变，但唯一名称会改变；等待中的调用已失败。每个阶段都会等您决定。',
	},
	choice: '连接：',
	choices: {held: '所持有的连接', new: '新连接'},
	otherBus: (address) => `它属于另一条总线 ${address}：它会回到那里，而不是本界面的总线。`,
	ask: 'y 解冻 · r 更换连接方式 · n 或 esc 保持冻结',
	askPlain: 'y 解冻 · n 或 esc 保持冻结',
	askAgain: 'y 重试 · n 或 esc 保持原样',
};

export const abort: Catalogue['screen']['abort'] = {
	title: (stage) => `在 ${stage} 中止？`,
	thaw: '恢复到一半的进程会被清除。映像完好：服务仍处于冻结状态，可再次解冻。',
	freeze: '服务照常运行，如同什么都没发生。',
	ask: 'y 中止 · n 或 esc 继续等待',
};

export const quit: Catalogue['screen']['quit'] = {
	title: '退出？',
	frozen: '以下服务仍处于冻结状态，各由一个后台看守进程持有：',
	freezing: (name) => `${name} 正在冻结。提交点之前离开即中止，服务照常运行；之后离开则保持冻结。`,
	thawing: (name) => `${name} 正在解冻。离开会停止解冻：它保持冻结，之后仍可解冻。`,
	ends: '演示随界面一同结束：它的总线、服务以及已冻结的内容都会被清除。',
	command: (command) => `解冻命令：${command}`,
	ask: 'y 退出 · n 或 esc 留下',
};
