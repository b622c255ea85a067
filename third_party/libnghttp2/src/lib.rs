//! Stands in for the crate `libnghttp2`: the names that `deno_node` needs of it to compile, and nothing behind them.
//!
//! Owns: constants and types of nghttp2's C interface, in the layout of its header, and functions that refuse.
//! Refuses: to work. The ops that reach these functions are never registered (see README.md), so that
//! a call is a mistake of ours; it ends in a panic that names the function.
#![allow(non_camel_case_types, missing_docs, clippy::missing_safety_doc, clippy::too_many_arguments)]

use std::ffi::{c_char, c_int, c_uint, c_void};

pub type nghttp2_ssize = isize;

macro_rules! opaque {
    ($name:ident) => {
        #[repr(C)]
        pub struct $name {
            _opaque: [u8; 0],
        }
    };
}

macro_rules! refused {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(
            pub unsafe fn $name($($arg: $type),*) $(-> $result)? {
                panic!(concat!(stringify!($name), " is not part of lopata: see third_party/libnghttp2/README.md"))
            }
        )*
    };
}

pub type nghttp2_error = c_int;
pub const NGHTTP2_ERR_PROTO: nghttp2_error = -505;
pub const NGHTTP2_ERR_DEFERRED: nghttp2_error = -508;
pub const NGHTTP2_ERR_STREAM_CLOSED: nghttp2_error = -510;
pub const NGHTTP2_ERR_STREAM_CLOSING: nghttp2_error = -511;
pub const NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE: nghttp2_error = -521;
pub const NGHTTP2_ERR_FRAME_SIZE_ERROR: nghttp2_error = -522;
pub const NGHTTP2_ERR_HEADER_COMP: nghttp2_error = -523;
pub const NGHTTP2_ERR_FLOW_CONTROL: nghttp2_error = -524;
pub const NGHTTP2_ERR_SESSION_CLOSING: nghttp2_error = -530;
pub const NGHTTP2_ERR_HTTP_HEADER: nghttp2_error = -531;
pub const NGHTTP2_ERR_HTTP_MESSAGING: nghttp2_error = -532;
pub const NGHTTP2_ERR_REFUSED_STREAM: nghttp2_error = -533;
pub type nghttp2_nv_flag = c_uint;
pub const NGHTTP2_NV_FLAG_NO_INDEX: nghttp2_nv_flag = 0x01;
pub const NGHTTP2_NV_FLAG_NO_COPY_NAME: nghttp2_nv_flag = 0x02;
pub const NGHTTP2_NV_FLAG_NO_COPY_VALUE: nghttp2_nv_flag = 0x04;
pub type nghttp2_frame_type = c_uint;
pub const NGHTTP2_DATA: nghttp2_frame_type = 0;
pub const NGHTTP2_HEADERS: nghttp2_frame_type = 0x01;
pub const NGHTTP2_PRIORITY: nghttp2_frame_type = 0x02;
pub const NGHTTP2_SETTINGS: nghttp2_frame_type = 0x04;
pub const NGHTTP2_PUSH_PROMISE: nghttp2_frame_type = 0x05;
pub const NGHTTP2_PING: nghttp2_frame_type = 0x06;
pub const NGHTTP2_GOAWAY: nghttp2_frame_type = 0x07;
pub const NGHTTP2_ALTSVC: nghttp2_frame_type = 0x0a;
pub const NGHTTP2_ORIGIN: nghttp2_frame_type = 0x0c;
pub type nghttp2_flag = c_uint;
pub const NGHTTP2_FLAG_NONE: nghttp2_flag = 0;
pub const NGHTTP2_FLAG_END_STREAM: nghttp2_flag = 0x01;
pub const NGHTTP2_FLAG_ACK: nghttp2_flag = 0x01;
pub type nghttp2_settings_id = c_uint;
pub const NGHTTP2_SETTINGS_HEADER_TABLE_SIZE: nghttp2_settings_id = 0x01;
pub const NGHTTP2_SETTINGS_ENABLE_PUSH: nghttp2_settings_id = 0x02;
pub const NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS: nghttp2_settings_id = 0x03;
pub const NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE: nghttp2_settings_id = 0x04;
pub const NGHTTP2_SETTINGS_MAX_FRAME_SIZE: nghttp2_settings_id = 0x05;
pub const NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE: nghttp2_settings_id = 0x06;
pub const NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL: nghttp2_settings_id = 0x08;
pub type nghttp2_error_code = c_uint;
pub const NGHTTP2_NO_ERROR: nghttp2_error_code = 0x00;
pub const NGHTTP2_FLOW_CONTROL_ERROR: nghttp2_error_code = 0x03;
pub const NGHTTP2_FRAME_SIZE_ERROR: nghttp2_error_code = 0x06;
pub const NGHTTP2_REFUSED_STREAM: nghttp2_error_code = 0x07;
pub const NGHTTP2_CONNECT_ERROR: nghttp2_error_code = 0x0a;
pub const NGHTTP2_ENHANCE_YOUR_CALM: nghttp2_error_code = 0x0b;
pub type nghttp2_data_flag = c_uint;
pub const NGHTTP2_DATA_FLAG_EOF: nghttp2_data_flag = 0x01;
pub const NGHTTP2_DATA_FLAG_NO_END_STREAM: nghttp2_data_flag = 0x02;
pub const NGHTTP2_DATA_FLAG_NO_COPY: nghttp2_data_flag = 0x04;
pub type nghttp2_headers_category = c_uint;
pub const NGHTTP2_HCAT_HEADERS: nghttp2_headers_category = 3;
pub type nghttp2_stream_proto_state = c_uint;
pub const NGHTTP2_STREAM_STATE_IDLE: nghttp2_stream_proto_state = 1;

pub type nghttp2_calloc = Option<unsafe extern "C" fn(usize, usize, *mut c_void) -> *mut c_void>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_data {
    pub hd: nghttp2_frame_hd,
    pub padlen: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_data_provider2 {
    pub source: nghttp2_data_source,
    pub read_callback: nghttp2_data_source_read_callback2,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union nghttp2_data_source {
    pub fd: c_int,
    pub ptr: *mut c_void,
}

pub type nghttp2_data_source_read_callback2 = Option<unsafe extern "C" fn(*mut nghttp2_session, i32, *mut u8, usize, *mut u32, *mut nghttp2_data_source, *mut c_void) -> nghttp2_ssize>;

pub type nghttp2_error_callback2 = Option<unsafe extern "C" fn(*mut nghttp2_session, c_int, *const c_char, usize, *mut c_void) -> c_int>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_ext_altsvc {
    pub origin: *mut u8,
    pub origin_len: usize,
    pub field_value: *mut u8,
    pub field_value_len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_ext_origin {
    pub nov: usize,
    pub ov: *mut nghttp2_origin_entry,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_extension {
    pub hd: nghttp2_frame_hd,
    pub payload: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union nghttp2_frame {
    pub hd: nghttp2_frame_hd,
    pub data: nghttp2_data,
    pub headers: nghttp2_headers,
    pub priority: nghttp2_priority,
    pub rst_stream: nghttp2_rst_stream,
    pub settings: nghttp2_settings,
    pub push_promise: nghttp2_push_promise,
    pub ping: nghttp2_ping,
    pub goaway: nghttp2_goaway,
    pub window_update: nghttp2_window_update,
    pub ext: nghttp2_extension,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_frame_hd {
    pub length: usize,
    pub stream_id: i32,
    pub type_: u8,
    pub flags: u8,
    pub reserved: u8,
}

pub type nghttp2_free = Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_goaway {
    pub hd: nghttp2_frame_hd,
    pub last_stream_id: i32,
    pub error_code: u32,
    pub opaque_data: *mut u8,
    pub opaque_data_len: usize,
    pub reserved: u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_headers {
    pub hd: nghttp2_frame_hd,
    pub padlen: usize,
    pub pri_spec: nghttp2_priority_spec,
    pub nva: *mut nghttp2_nv,
    pub nvlen: usize,
    pub cat: nghttp2_headers_category,
}

pub type nghttp2_malloc = Option<unsafe extern "C" fn(usize, *mut c_void) -> *mut c_void>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_mem {
    pub mem_user_data: *mut c_void,
    pub malloc: nghttp2_malloc,
    pub free: nghttp2_free,
    pub calloc: nghttp2_calloc,
    pub realloc: nghttp2_realloc,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_nv {
    pub name: *mut u8,
    pub value: *mut u8,
    pub namelen: usize,
    pub valuelen: usize,
    pub flags: u8,
}

pub type nghttp2_on_begin_frame_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame_hd, *mut c_void) -> c_int>;

pub type nghttp2_on_begin_headers_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, *mut c_void) -> c_int>;

pub type nghttp2_on_data_chunk_recv_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, u8, i32, *const u8, usize, *mut c_void) -> c_int>;

pub type nghttp2_on_frame_not_send_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, c_int, *mut c_void) -> c_int>;

pub type nghttp2_on_frame_recv_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, *mut c_void) -> c_int>;

pub type nghttp2_on_frame_send_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, *mut c_void) -> c_int>;

pub type nghttp2_on_header_callback2 = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, *mut nghttp2_rcbuf, *mut nghttp2_rcbuf, u8, *mut c_void) -> c_int>;

pub type nghttp2_on_invalid_frame_recv_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, c_int, *mut c_void) -> c_int>;

pub type nghttp2_on_invalid_header_callback2 = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, *mut nghttp2_rcbuf, *mut nghttp2_rcbuf, u8, *mut c_void) -> c_int>;

pub type nghttp2_on_stream_close_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, i32, u32, *mut c_void) -> c_int>;

opaque!(nghttp2_option);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_origin_entry {
    pub origin: *mut u8,
    pub origin_len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_ping {
    pub hd: nghttp2_frame_hd,
    pub opaque_data: [u8; 8],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_priority {
    pub hd: nghttp2_frame_hd,
    pub pri_spec: nghttp2_priority_spec,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_priority_spec {
    pub stream_id: i32,
    pub weight: i32,
    pub exclusive: u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_push_promise {
    pub hd: nghttp2_frame_hd,
    pub padlen: usize,
    pub nva: *mut nghttp2_nv,
    pub nvlen: usize,
    pub promised_stream_id: i32,
    pub reserved: u8,
}

opaque!(nghttp2_rcbuf);

pub type nghttp2_realloc = Option<unsafe extern "C" fn(*mut c_void, usize, *mut c_void) -> *mut c_void>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_rst_stream {
    pub hd: nghttp2_frame_hd,
    pub error_code: u32,
}

pub type nghttp2_select_padding_callback2 = Option<unsafe extern "C" fn(*mut nghttp2_session, *const nghttp2_frame, usize, *mut c_void) -> nghttp2_ssize>;

pub type nghttp2_send_data_callback = Option<unsafe extern "C" fn(*mut nghttp2_session, *mut nghttp2_frame, *const u8, usize, *mut nghttp2_data_source, *mut c_void) -> c_int>;

opaque!(nghttp2_session);

opaque!(nghttp2_session_callbacks);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_settings {
    pub hd: nghttp2_frame_hd,
    pub niv: usize,
    pub iv: *mut nghttp2_settings_entry,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_settings_entry {
    pub settings_id: i32,
    pub value: u32,
}

opaque!(nghttp2_stream);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_vec {
    pub base: *mut u8,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct nghttp2_window_update {
    pub hd: nghttp2_frame_hd,
    pub window_size_increment: i32,
    pub reserved: u8,
}

refused! {
    fn nghttp2_is_fatal(_lib_error_code: c_int) -> c_int;
    fn nghttp2_option_del(_option: *mut nghttp2_option);
    fn nghttp2_option_new(_option_ptr: *mut *mut nghttp2_option) -> c_int;
    fn nghttp2_option_set_builtin_recv_extension_type(_option: *mut nghttp2_option, _type: u8);
    fn nghttp2_option_set_max_deflate_dynamic_table_size(_option: *mut nghttp2_option, _val: usize);
    fn nghttp2_option_set_max_outbound_ack(_option: *mut nghttp2_option, _val: usize);
    fn nghttp2_option_set_max_reserved_remote_streams(_option: *mut nghttp2_option, _val: u32);
    fn nghttp2_option_set_max_send_header_block_length(_option: *mut nghttp2_option, _val: usize);
    fn nghttp2_option_set_max_settings(_option: *mut nghttp2_option, _val: usize);
    fn nghttp2_option_set_no_auto_window_update(_option: *mut nghttp2_option, _val: c_int);
    fn nghttp2_option_set_no_closed_streams(_option: *mut nghttp2_option, _val: c_int);
    fn nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(_option: *mut nghttp2_option, _val: c_int);
    fn nghttp2_option_set_peer_max_concurrent_streams(_option: *mut nghttp2_option, _val: u32);
    fn nghttp2_priority_spec_init(_pri_spec: *mut nghttp2_priority_spec, _stream_id: i32, _weight: i32, _exclusive: c_int);
    fn nghttp2_rcbuf_get_buf(_rcbuf: *mut nghttp2_rcbuf) -> nghttp2_vec;
    fn nghttp2_session_callbacks_del(_callbacks: *mut nghttp2_session_callbacks);
    fn nghttp2_session_callbacks_new(_callbacks_ptr: *mut *mut nghttp2_session_callbacks) -> c_int;
    fn nghttp2_session_callbacks_set_error_callback2(_cbs: *mut nghttp2_session_callbacks, _error_callback2: nghttp2_error_callback2);
    fn nghttp2_session_callbacks_set_on_begin_frame_callback(_cbs: *mut nghttp2_session_callbacks, _on_begin_frame_callback: nghttp2_on_begin_frame_callback);
    fn nghttp2_session_callbacks_set_on_begin_headers_callback(_cbs: *mut nghttp2_session_callbacks, _on_begin_headers_callback: nghttp2_on_begin_headers_callback);
    fn nghttp2_session_callbacks_set_on_data_chunk_recv_callback(_cbs: *mut nghttp2_session_callbacks, _on_data_chunk_recv_callback: nghttp2_on_data_chunk_recv_callback);
    fn nghttp2_session_callbacks_set_on_frame_not_send_callback(_cbs: *mut nghttp2_session_callbacks, _on_frame_not_send_callback: nghttp2_on_frame_not_send_callback);
    fn nghttp2_session_callbacks_set_on_frame_recv_callback(_cbs: *mut nghttp2_session_callbacks, _on_frame_recv_callback: nghttp2_on_frame_recv_callback);
    fn nghttp2_session_callbacks_set_on_frame_send_callback(_cbs: *mut nghttp2_session_callbacks, _on_frame_send_callback: nghttp2_on_frame_send_callback);
    fn nghttp2_session_callbacks_set_on_header_callback2(_cbs: *mut nghttp2_session_callbacks, _on_header_callback2: nghttp2_on_header_callback2);
    fn nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(_cbs: *mut nghttp2_session_callbacks, _on_invalid_frame_recv_callback: nghttp2_on_invalid_frame_recv_callback);
    fn nghttp2_session_callbacks_set_on_invalid_header_callback2(_cbs: *mut nghttp2_session_callbacks, _on_invalid_header_callback2: nghttp2_on_invalid_header_callback2);
    fn nghttp2_session_callbacks_set_on_stream_close_callback(_cbs: *mut nghttp2_session_callbacks, _on_stream_close_callback: nghttp2_on_stream_close_callback);
    fn nghttp2_session_callbacks_set_select_padding_callback2(_cbs: *mut nghttp2_session_callbacks, _select_padding_callback: nghttp2_select_padding_callback2);
    fn nghttp2_session_callbacks_set_send_data_callback(_cbs: *mut nghttp2_session_callbacks, _send_data_callback: nghttp2_send_data_callback);
    fn nghttp2_session_change_stream_priority(_session: *mut nghttp2_session, _stream_id: i32, _pri_spec: *const nghttp2_priority_spec) -> c_int;
    fn nghttp2_session_client_new3(_session_ptr: *mut *mut nghttp2_session, _callbacks: *const nghttp2_session_callbacks, _user_data: *mut c_void, _option: *const nghttp2_option, _mem: *mut nghttp2_mem) -> c_int;
    fn nghttp2_session_consume_connection(_session: *mut nghttp2_session, _size: usize) -> c_int;
    fn nghttp2_session_consume_stream(_session: *mut nghttp2_session, _stream_id: i32, _size: usize) -> c_int;
    fn nghttp2_session_del(_session: *mut nghttp2_session);
    fn nghttp2_session_find_stream(_session: *mut nghttp2_session, _stream_id: i32) -> *mut nghttp2_stream;
    fn nghttp2_session_get_effective_local_window_size(_session: *mut nghttp2_session) -> i32;
    fn nghttp2_session_get_effective_recv_data_length(_session: *mut nghttp2_session) -> i32;
    fn nghttp2_session_get_hd_deflate_dynamic_table_size(_session: *mut nghttp2_session) -> usize;
    fn nghttp2_session_get_hd_inflate_dynamic_table_size(_session: *mut nghttp2_session) -> usize;
    fn nghttp2_session_get_last_proc_stream_id(_session: *mut nghttp2_session) -> i32;
    fn nghttp2_session_get_local_settings(_session: *mut nghttp2_session, _id: nghttp2_settings_id) -> u32;
    fn nghttp2_session_get_local_window_size(_session: *mut nghttp2_session) -> i32;
    fn nghttp2_session_get_next_stream_id(_session: *mut nghttp2_session) -> u32;
    fn nghttp2_session_get_outbound_queue_size(_session: *mut nghttp2_session) -> usize;
    fn nghttp2_session_get_remote_settings(_session: *mut nghttp2_session, _id: nghttp2_settings_id) -> u32;
    fn nghttp2_session_get_remote_window_size(_session: *mut nghttp2_session) -> i32;
    fn nghttp2_session_get_stream_effective_local_window_size(_session: *mut nghttp2_session, _stream_id: i32) -> i32;
    fn nghttp2_session_get_stream_effective_recv_data_length(_session: *mut nghttp2_session, _stream_id: i32) -> i32;
    fn nghttp2_session_get_stream_local_close(_session: *mut nghttp2_session, _stream_id: i32) -> c_int;
    fn nghttp2_session_get_stream_local_window_size(_session: *mut nghttp2_session, _stream_id: i32) -> i32;
    fn nghttp2_session_get_stream_remote_close(_session: *mut nghttp2_session, _stream_id: i32) -> c_int;
    fn nghttp2_session_mem_recv(_session: *mut nghttp2_session, _in: *const u8, _inlen: usize) -> isize;
    fn nghttp2_session_mem_send(_session: *mut nghttp2_session, _data_ptr: *mut *const u8) -> isize;
    fn nghttp2_session_resume_data(_session: *mut nghttp2_session, _stream_id: i32) -> c_int;
    fn nghttp2_session_server_new3(_session_ptr: *mut *mut nghttp2_session, _callbacks: *const nghttp2_session_callbacks, _user_data: *mut c_void, _option: *const nghttp2_option, _mem: *mut nghttp2_mem) -> c_int;
    fn nghttp2_session_set_local_window_size(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _window_size: i32) -> c_int;
    fn nghttp2_session_set_next_stream_id(_session: *mut nghttp2_session, _next_stream_id: i32) -> c_int;
    fn nghttp2_session_terminate_session(_session: *mut nghttp2_session, _error_code: u32) -> c_int;
    fn nghttp2_session_want_read(_session: *mut nghttp2_session) -> c_int;
    fn nghttp2_session_want_write(_session: *mut nghttp2_session) -> c_int;
    fn nghttp2_stream_get_state(_stream: *mut nghttp2_stream) -> nghttp2_stream_proto_state;
    fn nghttp2_stream_get_sum_dependency_weight(_stream: *mut nghttp2_stream) -> i32;
    fn nghttp2_stream_get_weight(_stream: *mut nghttp2_stream) -> i32;
    fn nghttp2_strerror(_lib_error_code: c_int) -> *const c_char;
    fn nghttp2_submit_altsvc(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _origin: *const u8, _origin_len: usize, _field_value: *const u8, _field_value_len: usize) -> c_int;
    fn nghttp2_submit_data2(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _data_prd: *const nghttp2_data_provider2) -> c_int;
    fn nghttp2_submit_goaway(_session: *mut nghttp2_session, _flags: u8, _last_stream_id: i32, _error_code: u32, _opaque_data: *const u8, _opaque_data_len: usize) -> c_int;
    fn nghttp2_submit_headers(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _pri_spec: *const nghttp2_priority_spec, _nva: *const nghttp2_nv, _nvlen: usize, _stream_user_data: *mut c_void) -> i32;
    fn nghttp2_submit_origin(_session: *mut nghttp2_session, _flags: u8, _ov: *const nghttp2_origin_entry, _nov: usize) -> c_int;
    fn nghttp2_submit_ping(_session: *mut nghttp2_session, _flags: u8, _opaque_data: *const u8) -> c_int;
    fn nghttp2_submit_priority(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _pri_spec: *const nghttp2_priority_spec) -> c_int;
    fn nghttp2_submit_push_promise(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _nva: *const nghttp2_nv, _nvlen: usize, _promised_stream_user_data: *mut c_void) -> i32;
    fn nghttp2_submit_request2(_session: *mut nghttp2_session, _pri_spec: *const nghttp2_priority_spec, _nva: *const nghttp2_nv, _nvlen: usize, _data_prd: *const nghttp2_data_provider2, _stream_user_data: *mut c_void) -> i32;
    fn nghttp2_submit_response2(_session: *mut nghttp2_session, _stream_id: i32, _nva: *const nghttp2_nv, _nvlen: usize, _data_prd: *const nghttp2_data_provider2) -> c_int;
    fn nghttp2_submit_rst_stream(_session: *mut nghttp2_session, _flags: u8, _stream_id: i32, _error_code: u32) -> c_int;
    fn nghttp2_submit_settings(_session: *mut nghttp2_session, _flags: u8, _iv: *const nghttp2_settings_entry, _niv: usize) -> c_int;
    fn nghttp2_submit_shutdown_notice(_session: *mut nghttp2_session) -> c_int;
    fn nghttp2_submit_trailer(_session: *mut nghttp2_session, _stream_id: i32, _nva: *const nghttp2_nv, _nvlen: usize) -> c_int;
}
