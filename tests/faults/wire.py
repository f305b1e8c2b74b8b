"""A message's first frame header, written down a second time, from core/wire/frame.h alone."""
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
    return crc & 0xFFFF


def varint(number):
    more = b""
    while number > 0x7F:
        more += bytes([number & 0x7F | 0x80])
        number >>= 7
    return more + bytes([number])


def message_header(head=0b1011, flags=0, protocol=1, body=4, options=0, values=b""):
    """Without a body; `options` are followed by `values`, as they go over the wire."""
    flags |= 8 | 2 | (4 if options else 0)
    content = bytes([head << 4 | flags, protocol]) + varint(body)
    content += bytes([options]) + values if options else b""
    content += struct.pack("<I", crc32c(content + bytes(body) if body < 1 << 20 else content))
    return content + struct.pack("<H", crc16(content))
