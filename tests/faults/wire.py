"""The message header, written down a second time, from core/wire/frame.h alone."""
import struct


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def message_header(magic=b"MT", version=2, protocol=1, parameter=0, length=4, flags=0, wait=2,
                   cpu=0, nonce=0):
    body = magic + struct.pack("<BBIQBBHI", version, protocol, parameter, length, flags, wait, cpu,
                               nonce)
    return body + struct.pack("<I", crc32c(body))
