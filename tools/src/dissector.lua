-- What the tables above are for. State is kept from the first pass over the capture: which interface each object has.

local proto = Proto("wayline", "Wayland protocol (captured by wayline)")

local KINDS = { [0] = "message", [1] = "connected", [2] = "ended", [3] = "fault", [4] = "description", [5] = "refused" }
local DIRECTIONS = { [0] = "request", [1] = "event" }

local fields = {
    kind = ProtoField.uint8("wayline.kind", "Kind", base.DEC, KINDS),
    direction = ProtoField.uint8("wayline.direction", "Direction", base.DEC, DIRECTIONS),
    connection = ProtoField.uint32("wayline.connection", "Connection"),
    fd_size = ProtoField.uint64("wayline.fd", "Descriptor"),
    object = ProtoField.uint32("wayline.object", "Object"),
    opcode = ProtoField.uint16("wayline.opcode", "Opcode"),
    size = ProtoField.uint16("wayline.size", "Size"),
    interface = ProtoField.string("wayline.interface", "Interface"),
    message = ProtoField.string("wayline.message", "Message"),
    argument = ProtoField.string("wayline.argument", "Argument"),
    text = ProtoField.string("wayline.text", "Text"),
}
proto.fields = fields

local malformed = ProtoExpert.new("wayline.malformed", "Malformed message", expert.group.MALFORMED, expert.severity.ERROR)
local unknown = ProtoExpert.new("wayline.unknown", "Interface not known", expert.group.UNDECODED, expert.severity.NOTE)
proto.experts = { malformed, unknown }

-- By connection and id: who the object was from which frame on, in the order of frames.
local objects = {}

function proto.init()
    objects = {}
end

local function remember(connection, id, interface, frame)
    local known = objects[connection]
    if known == nil then
        known = {}
        objects[connection] = known
    end
    local list = known[id]
    if list == nil then
        list = {}
        known[id] = list
    end
    list[#list + 1] = { frame = frame, interface = interface }
end

local function interface_of(connection, id, frame)
    if id == 1 then
        return "wl_display"
    end
    local list = objects[connection] and objects[connection][id]
    if list == nil then
        return nil
    end
    for at = #list, 1, -1 do
        if list[at].frame < frame then
            return list[at].interface
        end
    end
    return nil
end

local function word(range)
    if BIG_ENDIAN then
        return range:uint()
    end
    return range:le_uint()
end

local function signed(range)
    if BIG_ENDIAN then
        return range:int()
    end
    return range:le_int()
end

-- Text on one line.
local function quoted(text)
    return '"' .. text:gsub('[%c\\"]', function(c)
        return string.format("\\x%02x", c:byte())
    end) .. '"'
end

-- What is left of the buffer from an offset on, in bytes.
local function left(buffer, at)
    return buffer:len() - at
end

-- Reads an argument. Returns its text and the offset behind it; nothing if the message is too short.
local READ = {
    i = function(buffer, at)
        if left(buffer, at) < 4 then return nil end
        return tostring(signed(buffer(at, 4))), at + 4
    end,
    u = function(buffer, at)
        if left(buffer, at) < 4 then return nil end
        return tostring(word(buffer(at, 4))), at + 4
    end,
    f = function(buffer, at)
        if left(buffer, at) < 4 then return nil end
        return string.format("%.8f", signed(buffer(at, 4)) / 256), at + 4
    end,
    s = function(buffer, at)
        if left(buffer, at) < 4 then return nil end
        local length = word(buffer(at, 4))
        if length == 0 then return "nil", at + 4 end
        local padded = math.floor((length + 3) / 4) * 4
        if left(buffer, at + 4) < padded then return nil end
        local text = length > 1 and buffer(at + 4, length - 1):raw() or ""
        return quoted(text), at + 4 + padded, text
    end,
    a = function(buffer, at)
        if left(buffer, at) < 4 then return nil end
        local length = word(buffer(at, 4))
        local padded = math.floor((length + 3) / 4) * 4
        if left(buffer, at + 4) < padded then return nil end
        return "array[" .. length .. "]", at + 4 + padded
    end,
    h = function(_, at)
        return "fd", at
    end,
}

local function message(buffer, connection, direction, pinfo, tree)
    if buffer:len() < 8 then
        tree:add_proto_expert_info(malformed, "shorter than a header")
        return
    end
    local id = word(buffer(0, 4))
    local second = word(buffer(4, 4))
    local size, opcode = math.floor(second / 65536), second % 65536
    tree:add(fields.object, buffer(0, 4), id)
    tree:add(fields.opcode, buffer(4, 4), opcode)
    tree:add(fields.size, buffer(4, 4), size)
    if size ~= buffer:len() then
        tree:add_proto_expert_info(malformed, "its size is not that of the packet")
    end
    local arrow = direction == 0 and "->" or "<-"
    local interface = interface_of(connection, id, pinfo.number)
    local described = interface and INTERFACES[interface]
    local messages = described and (direction == 0 and described.requests or described.events)
    local what = messages and messages[opcode]
    tree:add(fields.interface, buffer(0, 4), interface or "unknown")
    if what == nil then
        tree:add_proto_expert_info(unknown, "no table has this message")
        pinfo.cols.info = string.format("%s %s#%u opcode %u", arrow, interface or "unknown", id, opcode)
        return
    end
    tree:add(fields.message, buffer(4, 4), what.name)
    local parts, at = {}, 8
    local function add(name, text, first, behind)
        parts[#parts + 1] = name .. "=" .. text
        local range = behind > first and buffer(first, behind - first) or buffer(4, 4)
        tree:add(fields.argument, range, name .. "=" .. text)
    end
    for _, arg in ipairs(what.args) do
        local kind, name, of = arg[1], arg[2], arg[3]
        local text, behind, raw
        if kind == "o" or kind == "n" then
            local value
            value, behind = READ.u(buffer, at)
            if value ~= nil then
                local object = tonumber(value)
                if kind == "n" then
                    text = "new " .. of .. "#" .. value
                    if not pinfo.visited then remember(connection, object, of, pinfo.number) end
                elseif object == 0 then
                    text = "nil"
                else
                    text = (interface_of(connection, object, pinfo.number) or of or "object") .. "#" .. value
                end
            end
        elseif kind == "N" then
            local shown, version, object
            shown, behind, raw = READ.s(buffer, at)
            if shown ~= nil then version, behind = READ.u(buffer, behind) end
            if version ~= nil then object, behind = READ.u(buffer, behind) end
            if object ~= nil then
                text = "new " .. (raw or "") .. "#" .. object .. " version " .. version
                if not pinfo.visited then remember(connection, tonumber(object), raw or "", pinfo.number) end
            end
        else
            text, behind = READ[kind](buffer, at)
        end
        if text == nil then
            tree:add_proto_expert_info(malformed, name .. " is not within the message")
            break
        end
        add(name, text, at, behind)
        at = behind
    end
    pinfo.cols.info = string.format("%s %s#%u.%s(%s)", arrow, interface, id, what.name, table.concat(parts, ", "))
end

function proto.dissector(buffer, pinfo, root)
    pinfo.cols.protocol = "Wayland"
    local tree = root:add(proto, buffer())
    if buffer:len() < 8 or buffer(0, 1):uint() ~= 1 then
        tree:add_proto_expert_info(malformed, "not a packet of wayline, or of a newer one")
        return
    end
    local kind, direction, count = buffer(1, 1):uint(), buffer(2, 1):uint(), buffer(3, 1):uint()
    local connection = buffer(4, 4):le_uint()
    tree:add(fields.kind, buffer(1, 1))
    tree:add(fields.direction, buffer(2, 1))
    tree:add_le(fields.connection, buffer(4, 4))
    local at = 8
    for _ = 1, count do
        if left(buffer, at) < 16 then
            tree:add_proto_expert_info(malformed, "shorter than its descriptors")
            return
        end
        tree:add_le(fields.fd_size, buffer(at + 8, 8)):append_text(" bytes, " .. (FDS[buffer(at, 1):uint()] or "other"))
        at = at + 16
    end
    if at >= buffer:len() then
        return
    end
    local rest = buffer(at):tvb()
    if kind == 0 then
        message(rest, connection, direction, pinfo, tree)
    else
        local text = KINDS[kind] or "unknown"
        pinfo.cols.info = "-- " .. text
        tree:add(fields.text, rest(), text)
    end
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, proto)
