import type {FdSnapshot, SocketSnapshot} from '../../context/model.js';
import {type Around, changes, dumped, heldAs, type Judgement} from './findings.js';

/**
 * Sockets, but for those that `outsideEnds` holds already: unix sockets that are connected to the outside or listen.
 */
export function judgeSocket({socket}: FdSnapshot, around: Around): Judgement {
	if (!socket) return dumped;
	switch (socket.family) {
		case 'unix':
			return judgeUnix(socket, around);
		case 'inet':
		case 'inet6':
			return judgeInternet(socket, around);
		case 'netlink':
			// While it is frozen, messages to its groups come; those that are unread CRIU does not dump.
			return socket.foreign || socket.groups || socket.unread ? heldAs('netlink') : dumped;
		case 'packet':
			return socket.foreign ? heldAs('socket') : dumped;
		default:
			return heldAs('socket');
	}
}

/** CRIU connects a datagram socket again by the path of its peer, as far as it sees that. */
function judgeUnix({type, state, foreign, peer}: SocketSnapshot, around: Around): Judgement {
	const {fds, isElsewhere, hasOtherNetwork} = around;
	// CRIU removes the path of a listening socket that it inherits, and there we cannot put it back.
	if (foreign || (state === 'listening' && isElsewhere)) return heldAs('socket');
	if (type !== 'dgram' || !peer) return dumped;
	const isInside = fds.some(({inode}) => inode !== undefined && inode === peer.inode);
	const isSeen = peer.name !== undefined && !isElsewhere && !hasOtherNetwork;
	return isInside || isSeen ? dumped : heldAs('socket');
}

function judgeInternet(
	{type, state, name, peer, foreign, unread = 0}: SocketSnapshot,
	around: Around,
): Judgement {
	if (type === 'stream') {
		if (foreign) return heldAs('tcp');
		// Who has connected and was not yet accepted is nowhere in the images.
		if (state === 'listening') return unread > 0 ? heldAs('tcp') : changes('tcp-listener');
		// CRIU makes anew what is connected, not what is about to be, or about to end.
		const isPlain = state === 'established' && isInside(name, peer?.name, around);
		return !peer || isPlain ? dumped : heldAs('tcp');
	}
	if (type === 'dgram') {
		if (foreign || unread > 0) return heldAs('udp');
		// Nobody tells whether it has joined multicast groups, and CRIU does not make it join again.
		return peer || !isOpenToGroups(name) ? dumped : heldAs('udp');
	}
	return heldAs('socket');
}

function isInside(name: string | undefined, peer: string | undefined, {fds}: Around): boolean {
	return fds.some(({socket}) => socket?.name === peer && socket?.peer?.name === name);
}

/** Bound to every address or to a group's own: 224.0.0.0/4, ff00::/8. */
function isOpenToGroups(name = ''): boolean {
	const address = name.replace(/:\d+$/, '');
	if (/^(?:0\.0\.0\.0|\[::\]|)$/.test(address)) return !name.endsWith(':0');
	return /^(?:22[4-9]|23\d)\./.test(address) || /^\[ff/i.test(address);
}
