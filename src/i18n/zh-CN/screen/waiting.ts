import type {Catalogue} from '../../index.js';

export const waiting: Catalogue['screen']['waiting'] = {
	title: '等待中的消息',
	policy: {queue: '调用排队等待', refuse: '调用被拒绝'},
	frozenFor: (age) => `已冻结 ${age}`,
	messages: (count, bytes) => `${count} 条消息在等待，共 ${bytes}`,
	nothing: '没有消息在等待',
	oldest: (age) => `最早的已等 ${age}`,
	stashed: (count) => `其中 ${count} 条在磁盘上`,
	allStashed: '全部在磁盘上',
	rate: (rate) => `每秒到来 ${rate} 条`,
	refused: (count) => `已拒绝 ${count} 个调用`,
	drain: {
		watching: {
			queue: '到来的消息移到磁盘。',
			refuse: '未被拒绝的消息全部移到磁盘。',
		},
		draining: '消息很多：正移到磁盘，发送者因此不必等待。',
		limit: '暂存已达到解冻时内核所能收回的上限，不再继续接收：总线排满之后，发送者将不得不等待。请解冻。',
		descriptors: '看守进程已不能再打开描述符，不再继续接收：总线排满之后，发送者将不得不等待。请解冻。',
		'disk-full':
			'磁盘已满。没有任何丢失，但不再继续接收：总线排满之后，发送者将不得不等待。腾出空间后会自动继续，也可以直接解冻。',
		ended: '总线守护进程已关闭此连接：不再有消息到来，名称已无主，解冻后它也没有连接。',
		stopped: '',
	},
	trouble: {
		limit: '暂存已满',
		descriptors: '描述符用尽',
		'disk-full': '磁盘已满',
		ended: '连接已断开',
	},
	header: {at: '存盘于', from: '来自', what: '消息', path: '对象', size: '大小'},
	noTime: '在套接字中',
	pieceOfStream: '数据流的一段',
	lostFds: (n) => `丢失 ${n} 个描述符，无法送达`,
	loading: '正在询问看守进程…',
	delivered: (messages, bytes) => `✔ 解冻时送达了等待中的 ${messages} 条消息（${bytes}）。`,
	deliveredNothing: '✔ 已解冻；没有等待过的消息。',
	hadRefused: (count) => `冻结期间拒绝了 ${count} 个调用。`,
};

export const policy: Catalogue['screen']['policy'] = {
	title: {
		queue: (name) => `让对 ${name} 的调用等待？`,
		refuse: (name) => `拒绝对 ${name} 的调用？`,
	},
	body: {
		queue:
			'被冻结的服务将收回它的名称。调用等到解冻，但每个调用者只会等到自己的超时为止（多为 25 秒）。已被拒绝的调用不再恢复。',
		refuse:
			'每个调用都立即得到错误 io.github.dbusfreeze.Error.Frozen，总线守护进程会通知所有人名称已易主。信号和应答继续等待。',
	},
	waiting: (messages) => `等待中的 ${messages} 条消息里的调用也会被拒绝。`,
	ask: {
		queue: 'y 让调用等待 · n 或 esc 继续拒绝',
		refuse: 'y 拒绝调用 · n 或 esc 让其等待',
	},
	askAgain: 'y 再试一次 · n 或 esc 返回',
	changing: {queue: '正在归还名称…', refuse: '正在接管名称…'},
	changed: {
		queue: (name) => `从现在起，对 ${name} 的调用将等待。`,
		refuse: (name) => `从现在起，对 ${name} 的调用将被拒绝。`,
	},
	whileFrozen: '冻结期间：',
	choices: {queue: '调用等到解冻', refuse: '调用立即得到错误'},
};
