import type {Catalogue} from '../../index.js';

export const stages: Catalogue['screen']['stages'] = {
	title: '阶段',
	none: '尚未从此处冻结任何服务。',
	commitPoint: '提交点',
	lookingAt: (stage) => `回看 ${stage}`,
	noExplanation: 'CRIU 的一个阶段。',
	explain: {
		snapshot: '已读取线程、寄存器、描述符和匹配规则；未触动任何东西。',
		hold: '看守进程也持有了它的总线连接：守护进程不会察觉断开。',
		'pre-dump': 'CRIU 已就绪；进程仍在运行，未受影响。',
		'network-lock': 'CRIU 已锁定该进程的网络。',
		'post-dump': '进程已停住并写入磁盘。最后可以中止之处：中止后服务照常运行。',
		frozen: '进程只存在于磁盘上；其连接由看守进程持有，消息在等待。',
		'pre-restore': 'CRIU 已准备好恢复该进程。',
		'setup-namespaces': 'CRIU 正在建立命名空间。',
		'post-setup-namespaces': '命名空间已建立。',
		'post-restore': '内存和描述符已恢复；程序本身尚未运行。',
		'pre-resume': '每个线程都停在原处。趁它运行之前，在此比较寄存器。',
		'post-resume': '已恢复运行。',
	},
};

export const advice: Catalogue['screen']['advice'] = {
	choose: '选择一个服务，按 f 冻结；按 enter 查看详情。',
	chooseReadOnly: '只读模式：可以查看，但不能从此处冻结。',
	frozenElsewhere: (name) => `❄ ${name} 处于冻结状态。选中它并按 t 解冻。`,
	opening: '正在启动看守进程…',
	busyFreeze: (name) => `正在冻结 ${name}…`,
	busyThaw: (name) => `正在解冻 ${name}…`,
	frozen: (name, waiting) => `❄ ${name} 已冻结，名称仍归它所有；${waiting} 在等待。t 解冻。`,
	frozenRefusing: (name, refused, waiting) =>
		`❄ ${name} 已冻结；已拒绝 ${refused} 个调用，${waiting} 在等待。t 解冻。`,
	frozenTrouble: (name, trouble) => `❄ ${name} 已冻结，但${trouble}。按 w 查看详情。`,
	messagesOnly: (count) => `${count} 条`,
	messagesAndBytes: (count, bytes) => `${count} 条消息（${bytes}）`,
	thawedPreserved: (name, downtime) => `✔ ${name} 继续运行，上下文不变，停顿 ${downtime}。d 查看对比。`,
	thawedDelivered: (name, downtime, count) =>
		`✔ ${name} 继续运行，上下文不变，停顿 ${downtime}，送达 ${count} 条消息。`,
	thawedChanged: (name, n) => `✖ ${name} 继续运行，但有 ${n} 处变化。d 查看。`,
	thawedUnverified: (name) => `${name} 已恢复运行；正在对比…`,
	leftRunning: (name) => `${name} 已转储，仍在运行。按 d 对比。`,
	aborted: (name) => `已中止：${name} 照常运行。`,
	thawAborted: (name) => `❄ 解冻已中止：${name} 仍处于冻结状态。按 t 再次解冻。`,
	failed: (name) => `✖ ${name}：操作失败，详见下方。`,
	detached: (name) => `${name} 的看守进程不再报告。`,
};

export const context: Catalogue['screen']['context'] = {
	title: '上下文',
	held: '已持有',
	none: '还没有快照。',
	loading: '正在读取快照…',
	only: (moment) => `目前只有“${moment}”快照；有了下一个即可对比。`,
	warnings: '警告',
	notPortable: '仅限本机',
};

export const diff: Catalogue['screen']['diff'] = {
	title: '对比',
	preserved: '✔ 保持不变——没有要紧的差异',
	notPreserved: (n) => `✖ 未能保持——${n} 处差异要紧`,
	counts: (expected, changed, broken) => `预期 ${expected} · 有变 ${changed} · 损坏 ${broken}`,
	nothing: '没有任何差异。',
	loading: '正在对比…',
	missing: '无法对比这两者：缺少快照。',
	same: '两侧是同一快照：用 ← → 另选一个。',
};

export const notice: Catalogue['screen']['notice'] = {
	opened: '开始冻结：每个阶段都会等您决定。',
	aborting: '正在中止…',
	continuing: '将一直进行到底…',
	attached: (name) => `已接入 ${name}。`,
};
