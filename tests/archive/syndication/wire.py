"""Invented stories for telling copies from other stories, and what newsrooms do to them. Nothing
here was ever published.
"""

from __future__ import annotations

WIRE = """Bendungan Kali Angin di Kabupaten Sumber Jati mulai diisi air pada Senin (2/3/2026) setelah enam tahun dibangun.

Bupati Wening Larasati mengatakan waduk itu akan mengairi 4.200 hektare sawah di sembilan desa sepanjang musim kemarau.

"Petani tidak perlu lagi menunggu hujan untuk menanam padi dua kali setahun," kata Wening di tepi bendungan.

Pembangunan sempat berhenti dua kali karena longsor menutup terowongan pengelak dan merusak tiga alat berat milik kontraktor.

Sebanyak 312 keluarga dipindahkan ke permukiman baru di Bukit Randu dengan rumah berukuran 54 meter persegi dan kebun kecil.

Darto, salah seorang warga yang dipindahkan, berharap jalan menuju pasar segera diaspal agar hasil kebun tidak busuk di perjalanan.

Dinas Pekerjaan Umum memperkirakan waduk penuh dalam empat bulan bila curah hujan tetap seperti pekan lalu.

Setelah itu dua turbin kecil akan diuji untuk memasok listrik 1,8 megawatt bagi desa yang kerap padam pada malam hari."""

REWRITTEN = """Air mulai menggenangi lembah Kali Angin, awal pekan ini, menandai rampungnya proyek yang dikerjakan sejak 2020.

Menurut Wening Larasati, kepala daerah Sumber Jati, sembilan desa kini punya cadangan untuk bercocok tanam pada musim kering.

"Petani tidak perlu lagi menunggu hujan untuk menanam padi dua kali setahun," kata Wening di tepi bendungan.

Proyek tersebut pernah tersendat akibat tanah longsor, sehingga kontraktor harus mendatangkan mesin pengganti dari kota.

Ratusan rumah tangga telah menempati hunian pengganti di perbukitan; sebagian mengeluhkan akses yang masih berbatu.

Pemerintah setempat menargetkan pembangkit mini di kaki bendungan menyala sebelum akhir tahun."""

FOLLOW_UP_LEAD = """Sebanyak 27 ekor sapi milik warga Bukit Randu hilang dalam sepekan, dan polisi menduga pencurinya memakai truk proyek.

Kepala Polsek Randu, Iptu Gunadi Prawira, menyebut jejak ban ditemukan di belakang gudang semen, Kamis (5/3/2026) dini hari.

Pemilik ternak, Ngatmi, menaksir kerugiannya lima puluh juta rupiah dan meminta ronda malam dihidupkan kembali oleh kepala desa."""

PRAYER_TIMES = """Berikut jadwal salat untuk wilayah Kota {city} dan sekitarnya pada hari {day}, {date} Maret 2026.

Jadwal ini disusun berdasarkan perhitungan hisab dan dapat berbeda satu hingga dua menit di pinggir kota.

Warga {city} diimbau datang ke masjid lebih awal karena cuaca pada sore hari kerap berubah dengan cepat.

Waktu subuh masuk pada pukul {dawn} dan matahari terbit kira-kira satu jam lebih sedikit setelahnya.

Waktu zuhur masuk pada pukul {noon} dan waktu asar menyusul pada pukul {afternoon} waktu setempat.

Waktu magrib masuk pada pukul {dusk} dan waktu isya masuk pada pukul {night} waktu setempat.

Jangan lupa mematikan kompor dan mengunci pintu rumah sebelum berangkat ke masjid bersama keluarga."""

RATES = """Nilai tukar rupiah ditutup di posisi Rp{close} per dolar pada perdagangan {day} ({date}/3/2026) sore.

Mata uang kita bergerak {points} poin dari posisi pembukaan di angka Rp{open} per dolar pada pagi hari.

Analis pasar uang menilai pelaku pasar masih menunggu keputusan suku bunga bank sentral pada akhir bulan.

Di kawasan Asia, sebagian besar mata uang bergerak searah dengan rupiah sepanjang perdagangan hari ini."""


def paragraphs(text: str = WIRE) -> list[str]:
    return text.split("\n\n")


def joined(*parts: str) -> str:
    return "\n\n".join(parts)


def prayer_times(city: str, day: str, date: int, minute: int) -> str:
    return PRAYER_TIMES.format(
        city=city,
        day=day,
        date=date,
        dawn=f"04:{minute}",
        noon=f"11:{minute}",
        afternoon=f"15:{minute - 1}",
        dusk=f"17:{minute + 2}",
        night=f"19:{minute - 4}",
    )
