//! Tells the answers of a database apart in the bytes of a WebSocket (RFC 6455 §5.2), as far as counting needs it.

/// The frames that a server sends, put together from what was read. It masks none of them.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    waiting: Vec<u8>,
    is_upgraded: bool,
}

impl Answers {
    /// The frames that are whole with `read`, without their heads.
    pub(crate) fn read(&mut self, read: &[u8]) -> Vec<Vec<u8>> {
        self.waiting.extend_from_slice(read);
        if !self.is_upgraded {
            // The answer to the request that made it a WebSocket.
            let end = self.waiting.windows(4).position(|window| window == b"\r\n\r\n");
            let Some(end) = end else { return Vec::new() };
            self.waiting.drain(..end + 4);
            self.is_upgraded = true;
        }
        std::iter::from_fn(|| self.next_whole()).collect()
    }

    fn next_whole(&mut self) -> Option<Vec<u8>> {
        let short = usize::from(self.waiting.get(1)? & 0x7f);
        let (head, length) = match short {
            126 => (4_usize, self.number(2)?),
            127 => (10, self.number(8)?),
            _ => (2, short),
        };
        let payload = self.waiting.get(head..head.checked_add(length)?)?.to_vec();
        self.waiting.drain(..head + length);
        Some(payload)
    }

    /// The length that stands in so many bytes after the first two.
    fn number(&self, bytes: usize) -> Option<usize> {
        let digits = self.waiting.get(2..2 + bytes)?;
        Some(digits.iter().fold(0, |number, digit| (number << 8) | usize::from(*digit)))
    }
}

/// How many entries of the change log an answer holds: each of them names its table once.
pub(crate) fn entries_in(answer: &[u8]) -> u64 {
    const TABLE: &[u8] = b"doorward_changes";
    answer.windows(TABLE.len()).filter(|window| *window == TABLE).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let long = [b'x'; 300];
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec();
        bytes.extend([0x82, 3, b'a', b'b', b'c', 0x82, 126, 1, 44]);
        bytes.extend(long);
        let mut answers = Answers::default();
        let found: Vec<Vec<u8>> = bytes.chunks(7).flat_map(|chunk| answers.read(chunk)).collect();
        assert_eq!(found, [b"abc".to_vec(), long.to_vec()]);
    }
}
